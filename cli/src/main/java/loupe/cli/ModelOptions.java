package loupe.cli;

import java.nio.file.Path;
import java.util.OptionalInt;
import loupe.reference.InputException;
import picocli.CommandLine.Option;

/** The options of every command that loads a model. A picocli mixin. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "M",
      defaultValue = "tiny",
      description = {
        "A folder in Hugging Face layout, a .gguf file, or tiny, the",
        "embedded model (default)."
      })
  private String model;

  @Option(
      names = "--tokenizer",
      paramLabel = "F",
      description = "A tokenizer.model or tokenizer.json instead of the model's own.")
  private Path tokenizer;

  @Option(
      names = "--arithmetic",
      paramLabel = "A",
      defaultValue = "float32",
      description = {
        "float32 (or f32, default), float64 (or f64), or a rounding policy",
        "of an engine, such as bf16-hf; loupe policies lists them."
      })
  private String arithmetic;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Number of threads; all cores by default. Results do not depend on it.")
  private Integer threads;

  @Option(
      names = "--chunk",
      paramLabel = "N",
      description = "Prefill in chunks of N tokens. Results do not depend on it.")
  private Integer chunk;

  /** A folder, a file, or {@code tiny}, as the user wrote it. */
  String model() {
    if (model.isEmpty()) {
      throw new InputException("--model is empty: give a folder, a .gguf file, or tiny");
    }
    return model;
  }

  /** The tokenizer's file where the user chose one; else null. */
  Path tokenizer() {
    return tokenizer;
  }

  /** One of {@link Arithmetics#names}. */
  String arithmetic() {
    return Arithmetics.canonical(arithmetic);
  }

  /** Number of threads to work with, 1 or more. */
  int threads() {
    return threads == null
        ? Runtime.getRuntime().availableProcessors()
        : atLeastOne("--threads", threads);
  }

  /** Most tokens to prefill at once, 1 or more; empty where the user does not say. */
  OptionalInt chunk() {
    return chunk == null ? OptionalInt.empty() : OptionalInt.of(atLeastOne("--chunk", chunk));
  }

  private static int atLeastOne(String option, int value) {
    if (value < 1) {
      throw new InputException(option + " must be 1 or more, not " + value);
    }
    return value;
  }
}
