package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * {@link Float32} has the bits that a program of exact fractions computed from FLOAT32.md: {@code
 * float32_vectors.py} beside the data. Zeros have no sign there.
 */
class Float32VectorsTest {
  private static List<String> lines() throws IOException {
    try (InputStream in = Float32VectorsTest.class.getResourceAsStream("float32_vectors.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    }
  }

  private static float[] floats(String words) {
    String[] parts = words.strip().split(" ");
    float[] values = new float[parts.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.intBitsToFloat(Integer.parseUnsignedInt(parts[i], 16));
    }
    return values;
  }

  private static void assertValues(String line, float[] expected, float... actual) {
    assertEquals(expected.length, actual.length, line);
    for (int i = 0; i < expected.length; i++) {
      assertTrue(expected[i] == actual[i], line + ": " + Float.toHexString(actual[i]));
    }
  }

  @Test
  void float32HasTheBitsOfTheDefinition() throws IOException {
    Float32 f = new Float32(Workers.of(1));
    int count = 0;
    for (String line : lines()) {
      int space = line.indexOf(' ');
      String[] parts = line.substring(space + 1).split(":");
      float[] first = line.startsWith("softmax") ? null : floats(parts[0]);
      switch (line.substring(0, space)) {
        case "dot" -> {
          Weight w = f.weight(new HeapTensor("w", row(floats(parts[1]))));
          Tensor out = f.project(row(first), w);
          assertValues(line, floats(parts[2]), (float) out.get(0));
        }
        case "normalize" ->
            assertValues(line, floats(parts[1]), values(f.normalize(row(first), 1e-6)));
        case "softmax" -> assertSoftmax(f, line, parts);
        default -> {
          String name = line.substring(0, space).toUpperCase(Locale.ROOT);
          float actual = ElementaryFunction.valueOf(name).at(first[0]);
          assertValues(line, new float[] {first[1]}, actual);
        }
      }
      count++;
    }
    assertEquals(924, count);
  }

  private static void assertSoftmax(Float32 f, String line, String[] parts) {
    int gap = parts[0].indexOf(' ');
    int firstKey = Integer.parseInt(parts[0].substring(0, gap));
    float[] scores = floats(parts[0].substring(gap));
    int keys = firstKey + scores.length;
    float[] all = new float[keys];
    System.arraycopy(scores, 0, all, firstKey, scores.length);
    float[] expected = new float[keys];
    System.arraycopy(floats(parts[1]), 0, expected, firstKey, scores.length);
    Span span = new Span(keys - 1, 1, scores.length);
    assertValues(line, expected, values(f.softmax(new FloatTensor(all, 1, 1, keys), span)));
  }

  private static FloatTensor row(float[] values) {
    return new FloatTensor(values, 1, values.length);
  }

  private static float[] values(Tensor tensor) {
    return ((FloatTensor) tensor).data();
  }
}
