package loupe.loaders;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A small {@code tokenizer.model}, as bytes of Protocol Buffers; every part can be made wrong. */
final class ModelBuilder {
  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;
  static final int UNUSED = 5;
  static final int BYTE = 6;

  /** TrainerSpec of a BPE model without byte fallback: type, BOS, EOS. */
  static final byte[] TRAINER =
      TestFiles.joined(number(3, 2), text(46, "<bos>"), text(47, "<eos>"));

  /** NormalizerSpec that leaves the text alone. */
  static final byte[] NORMALIZER = TestFiles.joined(number(3, 0), number(4, 0));

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** The control pieces {@code <pad> <eos> <bos> <unk>}, ids 0 to 3. */
  static ModelBuilder withControls() {
    return new ModelBuilder()
        .piece("<pad>", 0, CONTROL)
        .piece("<eos>", 0, CONTROL)
        .piece("<bos>", 0, CONTROL)
        .piece("<unk>", 0, UNKNOWN);
  }

  ModelBuilder piece(String text, float score, int type) {
    return raw(message(1, text(1, text), float32(2, score), number(3, type)));
  }

  /** Pieces of type normal, each with a lower score than the one before. */
  ModelBuilder pieces(String... texts) {
    for (int i = 0; i < texts.length; i++) {
      piece(texts[i], -1 - i, NORMAL);
    }
    return this;
  }

  /** All 256 byte pieces. */
  ModelBuilder bytes() {
    for (int value = 0; value < 256; value++) {
      piece("<0x%02X>".formatted(value), 0, BYTE);
    }
    return this;
  }

  ModelBuilder raw(byte[]... fields) {
    out.writeBytes(TestFiles.joined(fields));
    return this;
  }

  /** The file, ended by the specifications above. */
  byte[] build() {
    return specified(TRAINER, NORMALIZER);
  }

  /** The file with byte fallback. */
  byte[] buildWithFallback() {
    return specified(TestFiles.joined(TRAINER, number(35, 1)), NORMALIZER);
  }

  byte[] specified(byte[] trainer, byte[] normalizer) {
    return raw(message(2, trainer), message(3, normalizer)).out.toByteArray();
  }

  static byte[] number(int field, long value) {
    return TestFiles.joined(varint((long) field << 3), varint(value));
  }

  static byte[] text(int field, String text) {
    return message(field, text.getBytes(StandardCharsets.UTF_8));
  }

  static byte[] message(int field, byte[]... parts) {
    byte[] body = TestFiles.joined(parts);
    return TestFiles.joined(varint((long) field << 3 | 2), varint(body.length), body);
  }

  static byte[] float32(int field, float value) {
    int bits = Float.floatToRawIntBits(value);
    byte[] little = {(byte) bits, (byte) (bits >>> 8), (byte) (bits >>> 16), (byte) (bits >>> 24)};
    return TestFiles.joined(varint((long) field << 3 | 5), little);
  }

  static byte[] varint(long value) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
    return bytes.toByteArray();
  }
}
