package com.github.tjake.jlama.util;

import com.github.tjake.jlama.tensor.AbstractTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** In place of Jlama's own, which can only log: writes every tensor into the folder dump.dir. */
public class DebugSupport {
  public static boolean isDebug() {
    return true;
  }

  public static synchronized void debug(String name, AbstractTensor tensor, int layer) {
    write("layer_" + layer + "." + name, tensor);
  }

  public static void debug(String message, Object value) {}

  public static void write(String name, AbstractTensor tensor) {
    int rows = tensor.shape().first();
    int columns = tensor.shape().last();
    ByteBuffer bytes = ByteBuffer.allocate(4 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < rows * columns; i++) {
      bytes.putFloat(tensor.get(i / columns, i % columns));
    }
    try {
      String file = name + "." + rows + "x" + columns + ".f32";
      Files.write(Path.of(System.getProperty("dump.dir"), file), bytes.array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
