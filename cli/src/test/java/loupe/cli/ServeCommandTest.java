package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import loupe.golden.oracle.Limits;
import loupe.golden.oracle.Oracle;
import loupe.golden.oracle.OracleFiles;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServeCommandTest {
  private static final String HELLO = "{\"id\":1,\"op\":\"hello\"}";

  @TempDir Path temp;

  private static Invocation serve(String in, String... args) {
    return Invocation.of(Map.of(), in.getBytes(StandardCharsets.UTF_8), Commands.ALL, args);
  }

  private static JsonObject json(String line) {
    return JsonParser.parseString(line).getAsJsonObject();
  }

  @Test
  void everyLineHasOneReplyInOrderAndTheEndIsTheEnd() {
    String in =
        HELLO + "\n\nnonsense\r\n{\"id\":\"x\",\"op\":\"none\"}\n{\"id\":7,\"op\":\"hello\"}";
    List<String> lines = serve(in, "serve", "--stdio").result().lines().toList();
    assertEquals(5, lines.size());
    assertTrue(json(lines.get(0)).getAsJsonObject("result").has("operations"));
    assertTrue(json(lines.get(1)).get("id").isJsonNull() && json(lines.get(1)).has("error"));
    assertTrue(json(lines.get(2)).get("id").isJsonNull() && json(lines.get(2)).has("error"));
    assertEquals("x", json(lines.get(3)).get("id").getAsString());
    assertEquals(7, json(lines.get(4)).get("id").getAsInt());
    assertEquals("", serve("", "serve", "--stdio").result());
  }

  @Test
  void aLineThatIsTooLongIsSkippedAndTheNextIsAnswered() {
    String in = "x".repeat(Limits.DEFAULT.lineBytes() + 1) + "\n" + HELLO + "\n";
    List<String> lines = serve(in, "serve", "--stdio").result().lines().toList();
    assertTrue(lines.get(0).contains("line_too_long") && lines.get(1).contains("operations"));
    assertEquals(2, lines.size());
  }

  @Test
  void aFileOfRequestsIsAnswered() throws IOException {
    Path file = temp.resolve("requests.jsonl");
    Files.writeString(file, HELLO + "\n");
    assertEquals(
        serve(HELLO, "serve", "--stdio").result(),
        serve("", "answer", "--validate", file.toString()).result());
    Invocation refused = serve("{\"id\":1}", "answer");
    assertEquals(ExitCode.BAD_INPUT, refused.code());
    assertTrue(refused.out().contains("invalid_request"));
    String wrong =
        "{\"op\":\"softcap\",\"args\":{\"cap\":2,\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data\":\"AACAPw==\"}},"
            + "\"theirs\":{\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data\":\"AACAPw==\"}}}";
    assertEquals(ExitCode.BAD_VERDICT, serve(wrong, "answer").code());
  }

  @Test
  void tensorsMayBeInFiles() throws IOException {
    Path file = temp.resolve("model.safetensors");
    Files.write(file, tinyWeights());
    String request =
        "{\"op\":\"rms_gain\",\"args\":{\"weight\":{\"file\":\"%s\",\"tensor\":\"w\"},\"x\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data\":\"AACAPw==\"}}}"
            .formatted(file.toString().replace("\\", "/"));
    assertTrue(serve(request, "answer").result().contains("\"data\":\"AAAAAAAAAEA=\""));
  }

  /** One element, 1: the gain is 2. */
  private static byte[] tinyWeights() {
    String header = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    byte[] text = header.getBytes(StandardCharsets.US_ASCII);
    byte[] out = new byte[8 + text.length + 4];
    out[0] = (byte) text.length;
    System.arraycopy(text, 0, out, 8, text.length);
    out[out.length - 2] = (byte) 0x80;
    out[out.length - 1] = 0x3f;
    return out;
  }

  @Test
  void oneWayOfServingMustBeChosen() {
    Invocation.of("serve").assertRefused("--stdio", "--http");
    Invocation.of("serve", "--stdio", "--http", "1").assertRefused("--stdio", "--http");
    Invocation.of("serve", "--http", "70000").assertRefused("70000");
  }

  /** Sends a request as it is and returns all of the response. */
  private static String send(int port, String head, String body) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(20_000);
      OutputStream out = socket.getOutputStream();
      String length = body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n";
      out.write(
          (head + length + "Connection: close\r\n\r\n" + body).getBytes(StandardCharsets.UTF_8));
      out.flush();
      try (InputStream in = socket.getInputStream()) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    }
  }

  @Test
  void httpAnswersThisComputerAlone() throws IOException {
    Oracle oracle = new Oracle(OracleFiles.EMBEDDED, Limits.DEFAULT, Workers.of(1), Version.text());
    HttpServer server = OracleHttp.start(oracle, 0);
    try {
      int port = server.getAddress().getPort();
      assertTrue(server.getAddress().getAddress().isLoopbackAddress());
      String ours = "Host: localhost:" + port + "\r\n";
      String post = "POST / HTTP/1.1\r\n";
      String good = send(port, post + ours, HELLO + "\n" + HELLO);
      assertTrue(good.startsWith("HTTP/1.1 200"), good);
      assertEquals(
          serve(HELLO, "serve", "--stdio").result().repeat(2),
          good.substring(good.indexOf("\r\n\r\n") + 4));
      String origin = "Origin: http://localhost:" + port + "\r\n";
      assertTrue(send(port, post + ours + origin, HELLO).startsWith("HTTP/1.1 200"));
      for (String bad :
          List.of(
              "Host: evil.example:" + port + "\r\n",
              "Host: localhost\r\n",
              ours + "Origin: http://evil.example\r\n",
              ours + "Origin: null\r\n",
              ours + "Origin: https://localhost:" + port + "\r\n")) {
        assertTrue(send(port, post + bad, HELLO).startsWith("HTTP/1.1 403"), bad);
      }
      assertTrue(send(port, "GET / HTTP/1.1\r\n" + ours, "").contains("<title>Loupe"));
      assertTrue(send(port, "GET /x HTTP/1.1\r\n" + ours, "").startsWith("HTTP/1.1 404"));
      assertTrue(send(port, "PUT / HTTP/1.1\r\n" + ours, "x").startsWith("HTTP/1.1 405"));
      String large = "Content-Length: 99999999999\r\n";
      assertTrue(send(port, post + ours + large, "").startsWith("HTTP/1.1 413"));
    } finally {
      server.stop(0);
    }
  }
}
