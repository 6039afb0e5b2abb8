package loupe.loaders;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import loupe.loaders.SentencePieces.PieceType;
import loupe.reference.MalformedFileException;

/**
 * Reads the message {@code ModelProto} of sentencepiece_model.proto (version 0.2.3) and makes the
 * tokenizer that it describes. What the SentencePiece library refuses is refused, and so is what is
 * not implemented here; nothing that changes ids or text is passed over.
 */
final class SentencePieceReader {
  private static final int MODEL_TYPE_BPE = 2;

  private final String file;
  private final List<String> pieces = new ArrayList<>();
  private PieceType[] types = new PieceType[1024];
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
    if (PieceType.of(type) == null) {
      throw piece.malformed("piece " + id + " has the unknown type " + type);
    }
    if (id == scores.length) {
      scores = Arrays.copyOf(scores, 2 * id);
      types = Arrays.copyOf(types, 2 * id);
    }
    scores[id] = score;
    pieces.add(text);
    types[id] = PieceType.of(type);
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

    SentencePieces all =
        new SentencePieces(
            file, pieces.toArray(String[]::new), Arrays.copyOf(types, pieces.size()), scores);
    return all.model(
        byteFallback,
        all.controlId(bosPiece.isEmpty() ? "<s>" : bosPiece),
        all.controlId(eosPiece.isEmpty() ? "</s>" : eosPiece));
  }

  private void refuse(boolean set, String place, String option) {
    if (set) {
      throw malformed(place, option + " is set (or left at its default), and is not implemented");
    }
  }

  private MalformedFileException malformed(String place, String reason) {
    return new MalformedFileException(file, place, reason);
  }
}
