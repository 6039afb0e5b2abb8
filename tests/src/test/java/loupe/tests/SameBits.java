package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import loupe.reference.Tensor;

/** The strictest comparison: type, shape and every bit, the sign of zero included. */
final class SameBits {
  private SameBits() {}

  static void assertSame(Tensor expected, Tensor actual) {
    assertEquals(expected.dtype(), actual.dtype());
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.toDoubles(), actual.toDoubles());
  }
}
