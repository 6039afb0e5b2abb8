package loupe.loaders;

import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import loupe.reference.MalformedFileException;

/** Reads the member {@code model} of a {@code tokenizer.json} (models/bpe/serialization.rs). */
final class BpeModelReader {
  /** A bound for files that lie; Gemma 2's file has 580,604 merges. */
  private static final int MAX_MERGES = 1 << 22;

  private final String file;
  private final JsonStream json;
  private final List<String> names = new ArrayList<>();
  private final IntArrayList ids = new IntArrayList();
  private final List<String> lefts = new ArrayList<>();
  private final List<String> rights = new ArrayList<>();
  private boolean hasVocabulary;
  private boolean hasMerges;
  private boolean pairs;
  private String type = "";
  private String unknownToken;
  private boolean fuseUnknown;
  private boolean byteFallback;

  BpeModelReader(String file, JsonStream json) {
    this.file = file;
    this.json = json;
  }

  /** Reads the object; the stream is at its beginning. */
  void read() throws IOException {
    json.object(
        name -> {
          switch (name) {
            case "type" -> type = json.string();
            case "dropout" -> refuseUnlessNull(name);
            case "unk_token" -> unknownToken = json.stringOrNull();
            case "continuing_subword_prefix", "end_of_word_suffix" -> refuseUnlessEmpty(name);
            case "fuse_unk" -> fuseUnknown = json.bool();
            case "byte_fallback" -> byteFallback = json.bool();
            case "ignore_merges" -> refuseIfSet(name);
            case "vocab" -> readVocabulary();
            case "merges" -> readMerges();
            default -> throw json.malformed("this setting is not known");
          }
        });
    if (!type.equals("BPE")) {
      throw malformed("", "the type is " + Vocabulary.quote(type) + "; only BPE is implemented");
    }
    if (!hasVocabulary || !hasMerges) {
      throw malformed("", hasVocabulary ? "there are no merges" : "there is no vocab");
    }
  }

  private void refuseUnlessNull(String name) throws IOException {
    if (!json.atNull()) {
      throw json.malformed(name + " is set, and is not implemented");
    }
  }

  private void refuseIfSet(String name) throws IOException {
    if (json.bool()) {
      throw json.malformed(name + " is set, and is not implemented");
    }
  }

  private void refuseUnlessEmpty(String name) throws IOException {
    String value = json.stringOrNull();
    if (value != null && !value.isEmpty()) {
      throw json.malformed(name + " is set, and is not implemented");
    }
  }

  private void readVocabulary() throws IOException {
    hasVocabulary = true;
    json.bigObject(
        name -> {
          if (names.size() == Vocabulary.MAX_PIECES) {
            throw json.malformed("more than " + Vocabulary.MAX_PIECES + " pieces");
          }
          names.add(name);
          ids.add(json.count());
        });
  }

  private void readMerges() throws IOException {
    hasMerges = true;
    json.array(
        () -> {
          if (lefts.size() == MAX_MERGES) {
            throw json.malformed("more than " + MAX_MERGES + " merges");
          }
          boolean pair = !json.atString();
          if (!lefts.isEmpty() && pair != pairs) {
            throw json.malformed("some merges are strings and some are pairs");
          }
          pairs = pair;
          if (pair) {
            readPair();
          } else {
            readJoined(json.string());
          }
        });
  }

  private void readPair() throws IOException {
    List<String> pair = new ArrayList<>(2);
    json.array(() -> pair.add(json.string()));
    if (pair.size() != 2) {
      throw json.malformed("a merge has two parts, not " + pair.size());
    }
    lefts.add(pair.get(0));
    rights.add(pair.get(1));
  }

  private void readJoined(String merge) {
    // A heading that old files carry along; the library drops it, without counting it.
    if (merge.startsWith("#version")) {
      return;
    }
    int space = merge.indexOf(' ');
    if (space < 0 || merge.indexOf(' ', space + 1) >= 0) {
      throw json.malformed(
          "a merge is two pieces with one space between them, not " + Vocabulary.quote(merge));
    }
    lefts.add(merge.substring(0, space));
    rights.add(merge.substring(space + 1));
  }

  /** {@code [model vocabulary]}, the piece of each id; the ids must have no gaps. */
  String[] pieces() {
    String[] pieces = new String[names.size()];
    for (int i = 0; i < pieces.length; i++) {
      int id = ids.getInt(i);
      String name = Vocabulary.quote(names.get(i));
      if (id >= pieces.length) {
        throw malformed(
            ".vocab", name + " has the id " + id + ", but there are " + pieces.length + " pieces");
      }
      if (pieces[id] != null) {
        throw malformed(
            ".vocab", name + " and " + Vocabulary.quote(pieces[id]) + " both have the id " + id);
      }
      pieces[id] = names.get(i);
    }
    return pieces;
  }

  /**
   * The model.
   *
   * @param vocabulary the pieces of {@link #pieces} and perhaps more after them
   */
  HuggingFaceBpe.Model build(Vocabulary vocabulary) {
    int size = names.size();
    if (unknownToken == null) {
      throw malformed(
          ".unk_token", "there is none, so that characters without a piece would get lost");
    }
    int unknown = vocabulary.id(unknownToken);
    if (unknown < 0 || unknown >= size) {
      throw malformed(".unk_token", Vocabulary.quote(unknownToken) + " is not in the vocabulary");
    }
    Long2IntOpenHashMap merges = new Long2IntOpenHashMap(lefts.size());
    merges.defaultReturnValue(-1);
    int[] merged = new int[lefts.size()];
    for (int rank = 0; rank < merged.length; rank++) {
      String left = lefts.get(rank);
      String right = rights.get(rank);
      long pair = (long) mergeId(vocabulary, rank, left) << 32 | mergeId(vocabulary, rank, right);
      merged[rank] = mergeId(vocabulary, rank, left + right);
      if (merges.putIfAbsent(pair, rank) >= 0) {
        throw malformed(
            ".merges[" + rank + "]",
            Vocabulary.quote(left) + " and " + Vocabulary.quote(right) + " are there twice");
      }
    }
    int[] byteIds = byteFallback ? byteIds(vocabulary, size) : null;
    return new HuggingFaceBpe.Model(size, merges, merged, byteIds, unknown, fuseUnknown);
  }

  private int mergeId(Vocabulary vocabulary, int rank, String piece) {
    int id = vocabulary.id(piece);
    if (id < 0 || id >= names.size()) {
      throw malformed(
          ".merges[" + rank + "]", Vocabulary.quote(piece) + " is not in the vocabulary");
    }
    return id;
  }

  private static int[] byteIds(Vocabulary vocabulary, int size) {
    int[] byteIds = new int[256];
    for (int value = 0; value < byteIds.length; value++) {
      int id = vocabulary.id("<0x%02X>".formatted(value));
      byteIds[value] = id < size ? id : -1;
    }
    return byteIds;
  }

  private MalformedFileException malformed(String place, String reason) {
    return new MalformedFileException(file, "$.model" + place, reason);
  }
}
