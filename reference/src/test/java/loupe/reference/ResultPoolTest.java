package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ResultPoolTest {
  private static final int SIZE = 1 << 15;

  private final ResultPool pool = new ResultPool();

  @Test
  void anArrayIsUsedAgainOnceItIsGivenBack() {
    float[] first = pool.take(SIZE);
    float[] second = pool.take(SIZE);
    assertNotSame(first, second);

    pool.recycle(second);

    assertSame(first, pool.take(SIZE));
    assertNotSame(second, pool.take(SIZE));
  }

  @Test
  void whatIsKeptIsNeverUsedAgain() {
    float[] kept = pool.take(SIZE);
    kept[7] = 7f;
    pool.keep(kept);

    pool.recycle(null);

    assertNotSame(kept, pool.take(SIZE));
    assertEquals(7f, kept[7]);
  }

  @Test
  void theCurrentResultIsGivenBackLater() {
    float[] current = pool.take(SIZE);
    pool.recycle(current);
    assertNotSame(current, pool.take(SIZE));

    pool.recycle(null);

    boolean again = pool.take(SIZE) == current || pool.take(SIZE) == current;
    assertTrue(again);
  }

  @Test
  void arraysAreAsLongAsTheResult() {
    pool.take(SIZE);
    pool.recycle(null);
    assertEquals(SIZE - 1, pool.take(SIZE - 1).length);
    assertEquals(SIZE + 1, pool.take(SIZE + 1).length);
  }

  @Test
  void whatAPassHadNoUseForIsGivenUpAtItsEnd() {
    float[] first = pool.take(SIZE);
    pool.endPass();
    assertSame(first, pool.take(SIZE));
    pool.endPass();

    pool.take(SIZE + 1);
    pool.endPass();

    assertNotSame(first, pool.take(SIZE));
  }

  @Test
  void testsSeeItWhereAnArrayIsReadThatWasGivenBack() {
    float[] given = pool.take(SIZE);
    pool.recycle(null);
    assertTrue(Float.isNaN(given[0]) && Float.isNaN(given[SIZE - 1]));
  }
}
