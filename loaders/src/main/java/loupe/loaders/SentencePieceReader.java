package loupe.loaders;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.reference.MalformedFileException;

/**
 * Reads the message {@code ModelProto} of sentencepiece_model.proto (version 0.2.3) and makes the
 * tokenizer that it describes. What the SentencePiece library refuses is refused, and so is what is
 * not implemented here; nothing that changes ids or text is passed over.
 */
final class SentencePieceReader {
  private static final int MODEL_TYPE_BPE = 2;
  private static final int BYTES = 256;

  private final String file;
  private final List<String> pieces = new ArrayList<>();
  private final List<PieceType> types = new ArrayList<>();
  private float[] scores = new float[1024];

  // TrainerSpec, with its defaults.
  private int modelType = 1;
  private boolean byteFallback;
  private boolean whitespaceAsSuffix;
  private String bosPiece = "";
  private String eosPiece = "";

  // NormalizerSpec, with its defaults.
  private boolean dummyPrefix = true;
  private boolean removesWhitespace = true;
  private boolean escapesWhitespace = true;

  /** {@code ModelProto.SentencePiece.Type}, at the index of its number. */
  enum PieceType {
    NONE,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE;

    private static final PieceType[] VALUES = values();

    /** Whether the piece can come out of merging. */
    boolean merges() {
      return this == NORMAL || this == USER_DEFINED || this == UNUSED;
    }

    /** Whether the piece stands for no text. */
    boolean control() {
      return this == CONTROL || this == UNKNOWN;
    }
  }

  private SentencePieceReader(String file) {
    this.file = file;
  }

  /** The tokenizer of the given bytes of a file of this name. */
  static SentencePieceModel read(String file, byte[] bytes) {
    SentencePieceReader reader = new SentencePieceReader(file);
    reader.readModel(new ProtobufReader(file, bytes));
    return reader.build();
  }

  private void readModel(ProtobufReader model) {
    while (model.next()) {
      switch (model.field()) {
        case 1 -> readPiece(model.message());
        case 2 -> readTrainerSpec(model.message());
        case 3 -> readNormalizerSpec(model.message());
        case 5 -> readDenormalizerSpec(model.message());
        default -> model.skip();
      }
    }
  }

  private void readPiece(ProtobufReader piece) {
    int id = pieces.size();
    if (id == Vocabulary.MAX_PIECES) {
      throw piece.malformed("more than " + Vocabulary.MAX_PIECES + " pieces");
    }
    String text = "";
    float score = 0;
    int type = PieceType.NORMAL.ordinal();
    while (piece.next()) {
      switch (piece.field()) {
        case 1 -> text = piece.string();
        case 2 -> score = piece.float32();
        case 3 -> type = piece.int32();
        default -> piece.skip();
      }
    }
    if (type < 1 || type >= PieceType.VALUES.length) {
      throw piece.malformed("piece " + id + " has the unknown type " + type);
    }
    if (text.indexOf('\0') >= 0) {
      throw piece.malformed("piece " + id + " holds U+0000");
    }
    if (!Float.isFinite(score)) {
      throw piece.malformed("piece " + id + " has the score " + score);
    }
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
    }
    scores[id] = score;
    pieces.add(text);
    types.add(PieceType.VALUES[type]);
  }

  private void readTrainerSpec(ProtobufReader spec) {
    while (spec.next()) {
      switch (spec.field()) {
        case 3 -> modelType = spec.int32();
        case 24 -> whitespaceAsSuffix = spec.bool();
        case 35 -> byteFallback = spec.bool();
        case 46 -> bosPiece = spec.string();
        case 47 -> eosPiece = spec.string();
        default -> spec.skip();
      }
    }
  }

  private void readNormalizerSpec(ProtobufReader spec) {
    while (spec.next()) {
      switch (spec.field()) {
        case 2 -> refuseCharacterMap(spec);
        case 3 -> dummyPrefix = spec.bool();
        case 4 -> removesWhitespace = spec.bool();
        case 5 -> escapesWhitespace = spec.bool();
        default -> spec.skip();
      }
    }
  }

  private void readDenormalizerSpec(ProtobufReader spec) {
    while (spec.next()) {
      if (spec.field() == 2) {
        refuseCharacterMap(spec);
      } else {
        spec.skip();
      }
    }
  }

  private static void refuseCharacterMap(ProtobufReader spec) {
    if (spec.byteSize() > 0) {
      throw spec.malformed(
          "the normalizer has a character map (such as NFKC); only \"identity\" is implemented");
    }
  }

  private SentencePieceModel build() {
    if (pieces.isEmpty()) {
      throw malformed("", "there are no pieces; is this a SentencePiece model?");
    }
    if (modelType != MODEL_TYPE_BPE) {
      throw malformed(
          "trainer_spec", "the model type is " + modelType + "; only BPE (2) is implemented");
    }
    refuse(whitespaceAsSuffix, "trainer_spec", "treat_whitespace_as_suffix");
    refuse(dummyPrefix, "normalizer_spec", "add_dummy_prefix");
    refuse(removesWhitespace, "normalizer_spec", "remove_extra_whitespaces");
    refuse(!escapesWhitespace, "normalizer_spec", "escape_whitespaces = false");

    Vocabulary vocabulary = new Vocabulary(file, pieces.toArray(String[]::new));
    PieceType[] pieceTypes = types.toArray(PieceType[]::new);
    int[] byteIds = byteIds(vocabulary);
    int unknown = unknownId();
    return new SentencePieceModel(
        vocabulary,
        pieceTypes,
        ranks(pieceTypes),
        byteIds,
        unknown,
        controlId(vocabulary, bosPiece.isEmpty() ? "<s>" : bosPiece),
        controlId(vocabulary, eosPiece.isEmpty() ? "</s>" : eosPiece));
  }

  private void refuse(boolean set, String place, String option) {
    if (set) {
      throw malformed(place, option + " is set (or left at its default), and is not implemented");
    }
  }

  /** The piece of type unknown; -1 if there is none, which only bytes can stand in for. */
  private int unknownId() {
    int unknown = types.indexOf(PieceType.UNKNOWN);
    if (unknown != types.lastIndexOf(PieceType.UNKNOWN) || unknown < 0 && !byteFallback) {
      throw malformed("", "there must be one piece of type unknown");
    }
    return unknown;
  }

  /** {@code [256]}, the id of each byte, or null where bytes are not used. */
  private int[] byteIds(Vocabulary vocabulary) {
    int found = 0;
    int[] ids = new int[BYTES];
    for (int value = 0; value < BYTES; value++) {
      ids[value] = vocabulary.id("<0x%02X>".formatted(value));
      if (ids[value] >= 0 && types.get(ids[value]) == PieceType.BYTE) {
        found++;
      }
    }
    int typed = 0;
    for (PieceType type : types) {
      typed += type == PieceType.BYTE ? 1 : 0;
    }
    if (typed != found || found != (byteFallback ? BYTES : 0)) {
      throw malformed(
          "",
          "byte_fallback is %b, %d pieces are of type byte and %d of them are <0x00> to <0xFF>; only all or none can be used"
              .formatted(byteFallback, typed, found));
    }
    return byteFallback ? ids : null;
  }

  private int controlId(Vocabulary vocabulary, String piece) {
    int id = vocabulary.id(piece);
    return id >= 0 && types.get(id) == PieceType.CONTROL ? id : -1;
  }

  /**
   * {@code [d_vocab]}: 0 for the pieces with the highest score, 1 for those with the next, and so
   * on; -1 for those that do not come out of merging.
   */
  private int[] ranks(PieceType[] pieceTypes) {
    long[] order = new long[pieceTypes.length];
    for (int id = 0; id < order.length; id++) {
      // The bits of a float, so changed, are in the order of the values; as in the library, -0 is
      // below 0.
      int bits = Float.floatToIntBits(scores[id]);
      int ascending = bits ^ (bits >> 31 & Integer.MAX_VALUE);
      order[id] = (long) ~ascending << 32 | id;
    }
    Arrays.sort(order);
    int[] ranks = new int[order.length];
    int rank = 0;
    for (int i = 0; i < order.length; i++) {
      int id = (int) order[i];
      if (i > 0 && order[i] >> 32 != order[i - 1] >> 32) {
        rank++;
      }
      ranks[id] = pieceTypes[id].merges() ? rank : -1;
    }
    return ranks;
  }

  private MalformedFileException malformed(String place, String reason) {
    return new MalformedFileException(file, place, reason);
  }
}
