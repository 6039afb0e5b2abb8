package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import loupe.reference.KernelProvider;
import loupe.reference.MachineLimits;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The forms of {@code bench} and {@code bench-peer}; their speeds are nobody's promise. */
class BenchCommandTest {
  @TempDir Path temp;

  /** A model that is small but knows the ids which all programs are given. */
  private Path model() throws IOException {
    String json =
        """
        {"model_type": "gemma2", "hidden_size": 16, "num_hidden_layers": 2,
         "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
         "intermediate_size": 24, "vocab_size": 201000, "query_pre_attn_scalar": 8,
         "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0, "sliding_window": 16,
         "hidden_activation": "gelu_pytorch_tanh", "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
         "max_position_embeddings": 8192, "torch_dtype": "bfloat16"}
        """;
    Path config = Files.writeString(temp.resolve("config.json"), json);
    Path out = temp.resolve("model");
    Invocation synth =
        Invocation.of("synth", "--config", config.toString(), "--out", out.toString());
    assertEquals(0, synth.code(), synth.err());
    return out;
  }

  private static JsonObject row(Path model, String threads) {
    Invocation run = Invocation.of("bench-peer", model.toString(), threads, "2");
    assertEquals(0, run.code(), run.err());
    return JsonParser.parseString(run.out()).getAsJsonObject();
  }

  @Test
  void aRowHasWhatTheSideBySideRunReadsAndTheSameTokensForAnyThreads() throws IOException {
    Path model = model();
    JsonObject one = row(model, "1");
    JsonObject two = row(model, "2");
    assertEquals(1, one.get("threads").getAsInt());
    assertEquals(2, two.get("threads").getAsInt());
    for (String key : new String[] {"argmax64", "argmax512", "tokens", "logits64"}) {
      assertEquals(one.get(key), two.get(key), key);
    }
    assertEquals(65, one.getAsJsonArray("tokens").size());
    assertEquals(one.get("argmax64"), one.getAsJsonArray("tokens").get(0));
    for (String key : new String[] {"prefill512_s", "decode64_s"}) {
      assertEquals(2, one.getAsJsonArray(key).size());
      one.getAsJsonArray(key).forEach(seconds -> assertTrue(seconds.getAsDouble() > 0, key));
    }
    assertTrue(one.get("load_s").getAsDouble() <= one.get("ttft64_s").getAsDouble());
    assertTrue(one.has("peak_rss_mb"));
  }

  @Test
  void aFolderThatIsNoneIsOneLine() {
    Invocation run = Invocation.of("bench-peer", temp.resolve("nowhere").toString(), "1", "1");
    assertEquals(2, run.code());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().contains("nowhere"), run.err());
  }

  @Test
  void limitsAreWithinReasonWithBothKernels() {
    try (Workers workers = Workers.of(1)) {
      for (String kernels : new String[] {"scalar", "vector"}) {
        KernelProvider provider = KernelProvider.choose(Map.of("LOUPE_KERNELS", kernels));
        MachineLimits limits = new MachineLimits(workers, provider);
        double gflops = limits.fmaGflops();
        double gbs = limits.readGbs();
        assertTrue(gflops > 0.001 && gflops < 10_000, kernels + ": " + gflops + " GFLOP/s");
        assertTrue(gbs > 0.001 && gbs < 10_000, kernels + ": " + gbs + " GB/s");
      }
    }
  }
}
