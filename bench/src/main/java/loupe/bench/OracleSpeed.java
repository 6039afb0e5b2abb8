package loupe.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/**
 * Requests a second that the oracle answers over its standard input and output, one after another,
 * each different from all before: {@code bench/run OracleSpeed [PROGRAM ARGUMENT...]}. The default
 * program is {@code ./loupe serve --stdio}.
 */
public final class OracleSpeed {
  private static final double WARM_SECONDS = 4;
  private static final double SECONDS = 4;

  private static final String TENSOR =
      "{\"dtype\":\"F32\",\"shape\":[%s],\"formula\":{\"name\":\"%s\",\"seed\":%d,\"mean\":0,\"scale\":1}}";

  private final OutputStream out;
  private final BufferedReader in;

  private OracleSpeed(Process oracle) {
    this.out = oracle.getOutputStream();
    this.in =
        new BufferedReader(
            new InputStreamReader(oracle.getInputStream(), StandardCharsets.UTF_8), 1 << 16);
  }

  /** Measures and prints a table. */
  public static void main(String[] args) throws IOException, InterruptedException {
    List<String> command = args.length > 0 ? List.of(args) : List.of("./loupe", "serve", "--stdio");
    long begun = System.nanoTime();
    Process oracle =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    OracleSpeed speed = new OracleSpeed(oracle);
    speed.ask("{\"id\":0,\"op\":\"hello\"}");
    System.out.printf(Locale.ROOT, "first reply after %.2f s%n", (System.nanoTime() - begun) / 1e9);
    for (String how : List.of("float64", "float32", "bounds")) {
      speed.measure("small operations, " + how, i -> small(i, how));
    }
    for (String how : List.of("float64", "bounds", "bounds, all hooks")) {
      speed.measure("whole models, new weights each, " + how, i -> whole(i, how));
    }
    oracle.getOutputStream().close();
    System.out.println("exit code " + oracle.waitFor());
  }

  private void measure(String what, IntFunction<String> requests) throws IOException {
    run(requests, 0, WARM_SECONDS);
    double rate = run(requests, 1 << 20, SECONDS);
    System.out.printf(Locale.ROOT, "%-55s %8.0f requests/s%n", what, rate);
  }

  private double run(IntFunction<String> requests, int first, double seconds) throws IOException {
    long begun = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - begun < seconds * 1e9) {
      ask(requests.apply(first + count++));
    }
    return count / ((System.nanoTime() - begun) / 1e9);
  }

  private void ask(String line) throws IOException {
    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
    String reply = in.readLine();
    if (reply == null || !reply.contains("\"result\"")) {
      throw new IOException(line + " was answered with " + reply);
    }
  }

  private static String small(int i, String how) {
    String numbers = numbers(how);
    String x = TENSOR.formatted("8,16", "x", i);
    String operation =
        switch (i % 5) {
          case 0 -> "\"softcap\",\"args\":{\"cap\":50,\"x\":" + x;
          case 1 ->
              "\"rms_norm\",\"args\":{\"eps\":1e-6,\"weight\":" + weight("16", i) + ",\"x\":" + x;
          case 2 -> "\"linear\",\"args\":{\"weight\":" + weight("24,16", i) + ",\"x\":" + x;
          case 3 -> "\"gelu_tanh\",\"args\":{\"x\":" + x;
          default ->
              "\"attention\",\"args\":{\"scale\":0.25,\"cap\":50,\"q\":%s,\"k\":%s,\"v\":%s"
                  .formatted(
                      TENSOR.formatted("8,4,8", "q", i),
                      TENSOR.formatted("8,2,8", "k", i),
                      TENSOR.formatted("8,2,8", "v", i));
        };
    return "{\"id\":%d,%s,\"op\":%s}}".formatted(i, numbers, operation);
  }

  private static String weight(String shape, int seed) {
    return TENSOR.formatted(shape, "w", seed);
  }

  private static String whole(int i, String how) {
    return """
        {"id":%d,%s,"op":"forward","args":{"tokens":[2,%d,5,9,30,7,11,3],"hooks":["%s"],"model":{"seed":%d,"config":{\
        "hidden_size":24,"num_hidden_layers":3,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":10,\
        "intermediate_size":29,"vocab_size":53,"sliding_window":4,"query_pre_attn_scalar":9}}}}"""
        .formatted(i, numbers(how), i % 53, how.endsWith("all hooks") ? "*" : "hook_logits", i);
  }

  private static String numbers(String how) {
    return how.startsWith("bounds") ? "\"precision\":\"bf16\"" : "\"arithmetic\":\"" + how + "\"";
  }
}
