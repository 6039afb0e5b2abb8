package loupe.cli;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.reference.Workers;

/** A program in float32 that does some operations well, and each of the others badly in its way. */
final class WrongPort {
  private WrongPort() {}

  /** Answers lines until the end. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Oracle oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), "wrong");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(reply(oracle, JsonParser.parseString(line).getAsJsonObject()));
      System.out.flush();
    }
  }

  private static String reply(Oracle oracle, JsonObject request) throws InterruptedException {
    JsonObject in = request.getAsJsonObject("args");
    switch (request.get("op").getAsString()) {
      case "hello", "sae" -> request.addProperty("op", "none");
      case "softcap" -> in.addProperty("cap", 1.0001 * in.get("cap").getAsDouble());
      case "rope" -> request.addProperty("id", -1);
      case "gelu_tanh" -> {
        return "warming up...";
      }
      case "mix" -> Thread.sleep(1_000_000);
      case "linear" -> System.exit(3);
      case "chat_prompt" -> request.addProperty("op", "model_info");
      case "detokenize" -> {
        // As it should be.
      }
      case "tokenize" -> in.addProperty("add_bos", false);
      case "sampling_distribution" -> in.addProperty("top_p", 1);
      default -> request.addProperty("arithmetic", "float32");
    }
    return oracle.answer(request.toString()).json();
  }
}
