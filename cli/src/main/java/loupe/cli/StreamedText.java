package loupe.cli;

import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;
import loupe.loaders.TextDecoder;
import loupe.loaders.Tokenizer;

/**
 * The text of generated ids, printed as they come where somebody reads along. Without a tokenizer
 * the ids themselves are printed, with commas between them.
 */
final class StreamedText implements IntConsumer {
  private final Terminal terminal;
  private final Tokenizer tokenizer;
  private final TextDecoder decoder;
  private final Set<Integer> stopIds;
  private final boolean printed;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param tokenizer empty where there is none
   * @param stopIds ids that are not part of the text
   * @param printed whether to print
   */
  StreamedText(
      Terminal terminal, Optional<Tokenizer> tokenizer, Set<Integer> stopIds, boolean printed) {
    this.terminal = terminal;
    this.tokenizer = tokenizer.orElse(null);
    this.decoder = tokenizer.map(Tokenizer::decoder).orElse(null);
    this.stopIds = stopIds;
    this.printed = printed;
  }

  @Override
  public void accept(int id) {
    if (stopIds.contains(id)) {
      return;
    }
    if (tokenizer == null) {
      add((text.isEmpty() ? "" : ",") + id);
    } else if (id < tokenizer.vocabSize()) {
      add(decoder.accept(id));
    } else {
      // A row of the embedding that stands for nothing.
      add(decoder.finish() + '\uFFFD');
    }
  }

  /** Prints what was held back. On a terminal, or after ids, the line ends too. */
  void finish() {
    add(decoder == null ? "" : decoder.finish());
    if (printed && (terminal.outIsTerminal() || tokenizer == null)) {
      terminal.out().println();
    }
  }

  /** The text so far; empty without a tokenizer. */
  Optional<String> text() {
    return tokenizer == null ? Optional.empty() : Optional.of(text.toString());
  }

  private void add(String more) {
    text.append(more);
    if (printed && !more.isEmpty()) {
      terminal.out().print(terminal.outIsTerminal() ? harmless(more) : more);
      terminal.out().flush();
    }
  }

  /** Control characters would be obeyed by a terminal; a model may generate any. */
  private static String harmless(String text) {
    return text.replaceAll("[\\p{Cntrl}\\u0080-\\u009f&&[^\n\t]]", "\uFFFD");
  }
}
