package loupe.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.loaders.ModelDigest;
import loupe.loaders.Tokenizer;
import loupe.reference.KernelProvider;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;

/**
 * What there is to know about a model and about how it would be run here.
 *
 * @param name as the user named it
 * @param config resolved
 * @param stored its weights; empty where there are none
 * @param tokenizer the one that is used; empty where there is none
 * @param memory for the arithmetic
 * @param notes what is particular about how the model is stored
 * @param warnings what is wrong or slow, one sentence each
 */
record ModelInfo(
    String name,
    ConfigJson.Resolved config,
    Optional<Stored> stored,
    Optional<Tokenizer> tokenizer,
    Numbers numbers,
    MemoryNeed memory,
    List<String> notes,
    List<String> warnings) {

  /**
   * How numbers are computed.
   *
   * @param arithmetic canonical name
   * @param kernels what float32 uses where there is enough to do
   */
  record Numbers(String arithmetic, int threads, KernelProvider kernels) {}

  /**
   * Weights in files.
   *
   * @param bytes their size, without headers
   * @param dtypes element types
   * @param digest see {@link ModelDigest}
   */
  record Stored(int tensors, long bytes, Set<String> dtypes, String digest) {
    static Stored of(TensorSource weights) {
      long bytes = 0;
      Set<String> dtypes = new TreeSet<>();
      for (String name : weights.names()) {
        StoredTensor tensor = weights.tensor(name);
        bytes += tensor.elementCount() * tensor.dtype().bits() / Byte.SIZE;
        dtypes.add(tensor.dtype().name());
      }
      return new Stored(weights.names().size(), bytes, dtypes, ModelDigest.of(weights));
    }
  }

  /** The version of Java alone. */
  static String java() {
    return System.getProperty("java.version");
  }

  /** Which Java that is. */
  static String virtualMachine() {
    return "%s %s, %s"
        .formatted(
            System.getProperty("java.vm.name"),
            System.getProperty("java.vm.version"),
            System.getProperty("java.vendor"));
  }

  /** What is wrong with how things fit together, beside what the configuration itself says. */
  static List<String> warnings(ModelFiles files, KernelProvider kernels) {
    List<String> warnings = new ArrayList<>();
    Gemma2Config config = files.config().config();
    if (!files.hasWeights()) {
      warnings.add(
          files.name()
              + ": there are no weights: neither model.safetensors nor"
              + " model.safetensors.index.json");
    }
    files.tokenizer().ifPresent(tokenizer -> warnings.addAll(mismatches(tokenizer, config)));
    if (KernelProvider.emulatesFma()) {
      warnings.add(
          "this JVM has no fused multiply-add (FMA): float32 gives the same bits by way of float64,"
              + " many times slower; leave out -XX:-UseFMA, or take a processor that has it");
    }
    if (kernels.name().equals("scalar")) {
      warnings.add(
          "float32 uses scalar kernels, several times slower than vector: " + kernels.why());
    }
    return warnings;
  }

  private static List<String> mismatches(Tokenizer tokenizer, Gemma2Config config) {
    List<String> warnings = new ArrayList<>();
    if (tokenizer.vocabSize() > config.dVocab()) {
      warnings.add(
          "%s has %d ids, but vocab_size is %d: texts may give ids that the model does not have"
              .formatted(tokenizer.origin(), tokenizer.vocabSize(), config.dVocab()));
    }
    int bos = tokenizer.bosId().orElse(-1);
    if (bos >= 0 && bos != config.bosId()) {
      warnings.add(
          "%s begins a text with id %d, but bos_token_id is %d"
              .formatted(tokenizer.origin(), bos, config.bosId()));
    }
    return warnings;
  }
}
