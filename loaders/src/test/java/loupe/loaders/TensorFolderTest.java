package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import loupe.reference.DType;
import loupe.reference.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFolderTest {
  @TempDir private Path folder;

  private void write(String name, int bytes) throws IOException {
    ByteBuffer numbers = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i + 4 <= bytes; i += 4) {
      numbers.putFloat(i, i / 4 + 0.5f);
    }
    Files.write(folder.resolve(name), numbers.array());
  }

  @Test
  void shapeAndTypeAreInTheName() throws IOException {
    write("blocks.0.hook_resid_post.2x3.f32", 24);
    write("notes.md", 5);
    TensorFolder tensors = TensorFolder.open(folder);
    assertEquals(Set.of("blocks.0.hook_resid_post"), tensors.names());
    var tensor = tensors.tensor("blocks.0.hook_resid_post");
    assertArrayEquals(new long[] {2, 3}, tensor.shape());
    assertEquals(DType.F32, tensor.dtype());
    double[] last = new double[1];
    tensor.read(5, last, 0, 1);
    assertEquals(5.5, last[0]);
  }

  @Test
  void aFileOfAnotherSizeIsRefused() throws IOException {
    write("a.2x3.f32", 20);
    InputException e = assertThrows(InputException.class, () -> TensorFolder.open(folder));
    assertTrue(e.getMessage().contains("20 bytes"), e::toString);
  }

  @Test
  void anEmptyFolderAndTwoFilesOfOneTensorAreRefused() throws IOException {
    assertThrows(InputException.class, () -> TensorFolder.open(folder));
    write("a.1.f32", 4);
    write("a.1x1.f32", 4);
    assertThrows(InputException.class, () -> TensorFolder.open(folder));
  }

  @Test
  void aShapeBeyondAllFilesIsRefused() throws IOException {
    write("a.999999999x999999999x999999999.f64", 8);
    assertThrows(InputException.class, () -> TensorFolder.open(folder));
  }
}
