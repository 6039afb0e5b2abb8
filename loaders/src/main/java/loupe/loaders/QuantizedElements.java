package loupe.loaders;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Elements of a type of ggml's that are stored in blocks: float32, widened at each read. A read
 * needs a few kilobytes of its own for each thread.
 */
final class QuantizedElements implements Elements {
  /** Blocks that are fetched from the file at once. */
  private static final int FETCHED = 16;

  private static final ThreadLocal<Room> ROOM = ThreadLocal.withInitial(Room::new);

  private final Bytes bytes;
  private final long byteOffset;
  private final GgmlType type;

  /** For stored blocks, and for a block of which not all is wanted. */
  private static final class Room {
    final byte[] blocks = new byte[FETCHED * 210];
    final float[] values = new float[256];
  }

  QuantizedElements(Bytes bytes, long byteOffset, GgmlType type) {
    this.bytes = bytes;
    this.byteOffset = byteOffset;
    this.type = type;
  }

  @Override
  public void toFloats(long first, float[] target, int at, int count) {
    Room room = ROOM.get();
    int size = type.blockElements();
    int done = 0;
    while (done < count) {
      long block = (first + done) / size;
      int skipped = (int) ((first + done) % size);
      int blocks = Math.min(FETCHED, (skipped + count - done + size - 1) / size);
      bytes.copy(
          byteOffset + block * type.blockBytes(), room.blocks, 0, blocks * type.blockBytes());
      for (int b = 0; b < blocks; b++) {
        int length = Math.min(size - skipped, count - done);
        decode(room, b, skipped, target, at + done, length);
        done += length;
        skipped = 0;
      }
    }
  }

  private void decode(Room room, int block, int skipped, float[] target, int at, int length) {
    int from = block * type.blockBytes();
    if (length == type.blockElements()) {
      type.decoder().decode(room.blocks, from, target, at);
    } else {
      type.decoder().decode(room.blocks, from, room.values, 0);
      System.arraycopy(room.values, skipped, target, at, length);
    }
  }

  @Override
  public void toDoubles(long first, double[] target, int at, int count) {
    float[] values = new float[Math.min(count, 4096)];
    for (int done = 0; done < count; ) {
      int length = Math.min(values.length, count - done);
      toFloats(first + done, values, 0, length);
      for (int i = 0; i < length; i++) {
        target[at + done + i] = values[i];
      }
      done += length;
    }
  }

  @Override
  public long bitsAt(long index) {
    float[] value = new float[1];
    toFloats(index, value, 0, 1);
    return Float.floatToRawIntBits(value[0]);
  }

  @Override
  public void toBytes(long firstByte, byte[] target, int at, int count, int elementBytes) {
    long first = firstByte / Float.BYTES;
    int skipped = (int) (firstByte % Float.BYTES);
    int elements = (skipped + count + Float.BYTES - 1) / Float.BYTES;
    float[] values = new float[elements];
    toFloats(first, values, 0, elements);
    ByteBuffer all = ByteBuffer.allocate(elements * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    all.asFloatBuffer().put(values);
    all.get(skipped, target, at, count);
  }
}
