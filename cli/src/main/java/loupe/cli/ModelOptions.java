package loupe.cli;

import java.nio.file.Path;
import java.util.OptionalInt;
import loupe.reference.InputException;
import picocli.CommandLine.Mixin;
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

  @Mixin private ArithmeticOptions numbers;
  @Mixin private QuirkOption quirk;

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

  /** How numbers are computed. */
  ArithmeticOptions numbers() {
    return numbers;
  }

  /** The known bug that is wanted, if any. */
  QuirkOption quirk() {
    return quirk;
  }

  /** Most tokens to prefill at once, 1 or more; empty where the user does not say. */
  OptionalInt chunk() {
    return chunk == null
        ? OptionalInt.empty()
        : OptionalInt.of(ThreadOption.atLeastOne("--chunk", chunk));
  }
}
