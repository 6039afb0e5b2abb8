package loupe.loaders;

import it.unimi.dsi.fastutil.Hash;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import loupe.reference.MalformedFileException;

/**
 * Reads the member {@code model} of a {@code tokenizer.json} (models/bpe/serialization.rs).
 *
 * <p>Every string is kept once and known by a number, in the order in which the file first has
 * them, so that half a million merges are two lists of numbers, whichever comes first, pieces or
 * merges.
 */
final class BpeModelReader {
  /** A bound for files that lie; Gemma 2's file has 580,604 merges. */
  private static final int MAX_MERGES = 1 << 22;

  private static final int NO_ID = -1;

  private final String file;
  private final JsonStream json;
  private final Map<String, Object> settings = new HashMap<>();
  private final PieceIndex names = new PieceIndex(1 << 10);

  /** The id of each name, or {@link #NO_ID}. */
  private final IntArrayList ids = new IntArrayList();

  private final IntArrayList lefts = new IntArrayList();
  private final IntArrayList rights = new IntArrayList();
  private int pieceCount;
  private boolean hasMerges;
  private boolean pairs;

  BpeModelReader(String file, JsonStream json) {
    this.file = file;
    this.json = json;
  }

  /** Reads the object; the stream is at its beginning. */
  void read() throws IOException {
    json.object(
        name -> {
          switch (name) {
            case "vocab" -> json.bigObject(this::readPiece);
            case "merges" -> {
              hasMerges = true;
              json.array(this::readMerge);
            }
            default -> settings.put(name, json.value());
          }
        });
  }

  private int number(String name) {
    return number(name, 0, name.length());
  }

  private int number(String text, int from, int to) {
    int number = names.add(text, from, to);
    if (number == ids.size()) {
      ids.add(NO_ID);
    }
    return number;
  }

  private void readPiece(String name) throws IOException {
    if (++pieceCount > Vocabulary.MAX_PIECES) {
      throw json.failure("more than " + Vocabulary.MAX_PIECES + " pieces");
    }
    if (ids.set(number(name), json.count()) != NO_ID) {
      throw json.failure("the key " + Printable.of(name) + " is there twice");
    }
  }

  private void readMerge() throws IOException {
    if (lefts.size() == MAX_MERGES) {
      throw json.failure("more than " + MAX_MERGES + " merges");
    }
    boolean pair = !json.atString();
    if (!lefts.isEmpty() && pair != pairs) {
      throw json.failure("some merges are strings and some are pairs");
    }
    pairs = pair;
    if (pair) {
      int before = lefts.size();
      json.array(() -> (lefts.size() == before ? lefts : rights).add(number(json.string())));
      if (lefts.size() != before + 1 || rights.size() != before + 1) {
        throw json.failure("a merge is two pieces");
      }
    } else {
      readJoined(json.string());
    }
  }

  private void readJoined(String merge) {
    // A heading that old files carry along; the library drops it, without counting it.
    if (merge.startsWith("#version")) {
      return;
    }
    int space = merge.indexOf(' ');
    if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
      throw json.failure(
          "a merge is two pieces with one space between them, not " + Printable.quote(merge));
    }
    lefts.add(number(merge, 0, space));
    rights.add(number(merge, space + 1, merge.length()));
  }

  /** {@code [model vocabulary]}, the piece of each id; the ids must have no gaps. */
  String[] pieces() {
    String[] pieces = new String[pieceCount];
    for (int number = 0; number < names.size(); number++) {
      int id = ids.getInt(number);
      if (id >= pieceCount || id >= 0 && pieces[id] != null) {
        throw malformed(
            ".vocab." + Printable.of(names.piece(number)),
            "has the id %d, which %s"
                .formatted(
                    id,
                    id >= pieceCount
                        ? "is too large for " + pieceCount + " pieces"
                        : Printable.quote(pieces[id]) + " has too"));
      }
      if (id >= 0) {
        pieces[id] = names.piece(number);
      }
    }
    return pieces;
  }

  /**
   * The model.
   *
   * @param vocabulary the pieces of {@link #pieces} and perhaps more after them
   */
  HuggingFaceBpe.Model build(Vocabulary vocabulary) {
    if (!hasMerges) {
      throw malformed(".merges", "missing; it must be an array");
    }
    JsonObject options = new JsonObject(file, "$.model", settings);
    requireImplemented(options);
    String unknownPiece = options.string("unk_token");
    int unknown = names.find(unknownPiece, 0, unknownPiece.length());
    if (unknown < 0 || ids.getInt(unknown) == NO_ID) {
      throw options.failure("unk_token", "is not in the vocabulary");
    }
    Long2IntOpenHashMap merges = new Long2IntOpenHashMap(lefts.size(), Hash.FAST_LOAD_FACTOR);
    merges.defaultReturnValue(-1);
    int[] merged = new int[lefts.size()];
    for (int rank = 0; rank < merged.length; rank++) {
      merged[rank] = addMerge(merges, rank);
    }
    int[] byteIds = options.bool("byte_fallback") ? byteIds(vocabulary) : null;
    return new HuggingFaceBpe.Model(
        pieceCount, merges, merged, byteIds, ids.getInt(unknown), options.bool("fuse_unk"));
  }

  /** Adds the merge of a rank to {@code merges}, which is modified; gives the id that it makes. */
  private int addMerge(Long2IntOpenHashMap merges, int rank) {
    String left = names.piece(lefts.getInt(rank));
    String right = names.piece(rights.getInt(rank));
    int leftId = id(lefts.getInt(rank), rank, left, "");
    int rightId = id(rights.getInt(rank), rank, right, "");
    long pair = (long) leftId << 32 | rightId;
    if (merges.putIfAbsent(pair, rank) >= 0) {
      throw malformed(
          ".merges[" + rank + "]",
          "of %s and %s, is there twice".formatted(Printable.quote(left), Printable.quote(right)));
    }
    return id(names.find(left, right), rank, left, right);
  }

  private int id(int number, int rank, String left, String right) {
    int id = number < 0 ? NO_ID : ids.getInt(number);
    if (id == NO_ID) {
      throw malformed(
          ".merges[" + rank + "]", Printable.quote(left + right) + " is not in the vocabulary");
    }
    return id;
  }

  private static void requireImplemented(JsonObject options) {
    options.allowOnly(
        "type",
        "dropout",
        "unk_token",
        "continuing_subword_prefix",
        "end_of_word_suffix",
        "fuse_unk",
        "byte_fallback",
        "ignore_merges");
    if (!options.string("type").equals("BPE")) {
      throw options.failure("type", "only \"BPE\" is implemented");
    }
    for (String option :
        Set.of("dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges")) {
      Object value = options.fields().get(option);
      if (value != null && !value.equals("") && !value.equals(false)) {
        throw options.failure(option, "is set, and is not implemented");
      }
    }
  }

  private int[] byteIds(Vocabulary vocabulary) {
    int[] byteIds = new int[256];
    for (int value = 0; value < byteIds.length; value++) {
      int id = vocabulary.id("<0x%02X>".formatted(value));
      byteIds[value] = id < pieceCount ? id : -1;
    }
    return byteIds;
  }

  private MalformedFileException malformed(String place, String reason) {
    return new MalformedFileException(file, "$.model" + place, reason);
  }
}
