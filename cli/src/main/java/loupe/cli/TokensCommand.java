package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import loupe.golden.quirk.Quirk.Part;
import loupe.loaders.Tokenizer;
import loupe.reference.InputException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code loupe tokens}: the ids and pieces of a text, or of many. */
@Command(
    description = "Shows the tokens of a text: ids and the vocabulary's own pieces.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  loupe tokens \"Four score and seven years ago\"",
      "  loupe tokens --json --no-bos - < speech.txt",
      "  loupe tokens --tokens 2,4059,405              what these ids stand for",
      "  loupe tokens --specials parse \"<bos>Hello\"    <bos> in the text is the token",
      "  loupe tokens --jsonl --file texts.jsonl       many texts: one line of JSON for each"
    })
final class TokensCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private TextOptions text;
  @Mixin private ModelOptions model;
  @Mixin private JsonOutput json;

  @Option(names = "--no-bos", description = "Does not put <bos> before the text.")
  private boolean noBos;

  @Option(
      names = "--specials",
      paramLabel = "text|parse",
      defaultValue = "text",
      description = {
        "What <bos> and the like in a text are: text like any other",
        "(default), or, with parse, the token of that name."
      })
  private String specials;

  @Option(
      names = "--jsonl",
      description = {
        "The file, or standard input, holds one JSON string per line; the",
        "answer is one JSON object per line."
      })
  private boolean jsonLines;

  TokensCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    model.numbers().name();
    Tokenizer.Specials meaning = meaning();
    model.quirk().admit("tokens", terminal, Part.TOKENIZER);
    ModelFiles files = new ModelFiles(model);
    if (jsonLines) {
      Tokenizer tokenizer = files.requireTokenizer();
      new TokenLines(terminal, line -> document(tokenizer.encode(line, !noBos, meaning), tokenizer))
          .answer(text);
      return ExitCode.DONE;
    }
    Optional<int[]> given = text.ids();
    if (given.isPresent()) {
      print(given.get(), files.tokenizer().orElse(null));
      return ExitCode.DONE;
    }
    Tokenizer tokenizer = files.requireTokenizer();
    print(tokenizer.encode(text.text(terminal), !noBos, meaning), tokenizer);
    return ExitCode.DONE;
  }

  private Tokenizer.Specials meaning() {
    return switch (specials) {
      case "text" -> Tokenizer.Specials.TEXT;
      case "parse" -> Tokenizer.Specials.PARSE;
      default -> throw new InputException("--specials is text or parse, not '" + specials + "'");
    };
  }

  /** {@code {"ids":[...],"pieces":[...]}}; pieces are null without a tokenizer. */
  private static JsonObject document(int[] ids, Tokenizer tokenizer) {
    JsonArray numbers = new JsonArray(ids.length);
    JsonArray pieces = new JsonArray(ids.length);
    for (int id : ids) {
      numbers.add(id);
      if (tokenizer == null) {
        pieces.add(JsonNull.INSTANCE);
      } else {
        pieces.add(tokenizer.piece(id));
      }
    }
    JsonObject document = new JsonObject();
    document.add("ids", numbers);
    document.add("pieces", pieces);
    return document;
  }

  private void print(int[] ids, Tokenizer tokenizer) {
    if (json.wanted()) {
      JsonObject document = document(ids, tokenizer);
      model.quirk().mark(document);
      JsonOutput.print(terminal, document);
      return;
    }
    TextTable table =
        new TextTable(TextTable.Align.RIGHT, TextTable.Align.RIGHT, TextTable.Align.LEFT);
    table.add("pos", "id", "piece");
    for (int pos = 0; pos < ids.length; pos++) {
      String piece = tokenizer == null ? "" : VisibleText.of(tokenizer.piece(ids[pos]));
      table.add(String.valueOf(pos), String.valueOf(ids[pos]), piece);
    }
    boolean head = true;
    for (String line : table.lines()) {
      terminal.out().println(head ? terminal.paint(Style.FAINT, line) : line);
      head = false;
    }
  }
}
