package loupe.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import loupe.reference.InputException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that loads a model. A picocli mixin. */
final class ModelOptions {
  /** Canonical names, the default first. */
  static final List<String> ARITHMETICS = List.of("float32", "float64");

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
      description = "float32 (or f32, default) or float64 (or f64).")
  private String arithmetic;

  @Mixin private ThreadOption threads;

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

  /** One of {@link #ARITHMETICS}. */
  String arithmetic() {
    return canonicalArithmetic(arithmetic);
  }

  /** Canonical name of an arithmetic; {@link InputException} if there is none of this name. */
  static String canonicalArithmetic(String name) {
    String canonical =
        switch (name.toLowerCase(Locale.ROOT)) {
          case "f32" -> "float32";
          case "f64" -> "float64";
          default -> name.toLowerCase(Locale.ROOT);
        };
    if (!ARITHMETICS.contains(canonical)) {
      throw new InputException(
          "--arithmetic: there is no "
              + name
              + "; there are "
              + String.join(", ", ARITHMETICS)
              + " (f32 and f64 for short)");
    }
    return canonical;
  }

  /** Number of threads to work with, 1 or more. */
  int threads() {
    return threads.count();
  }

  /** Most tokens to prefill at once, 1 or more; empty where the user does not say. */
  OptionalInt chunk() {
    return chunk == null
        ? OptionalInt.empty()
        : OptionalInt.of(ThreadOption.atLeastOne("--chunk", chunk));
  }
}
