package loupe.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
  @ParameterizedTest(name = "threads {0}")
  @ValueSource(ints = {1, 2, 7})
  void everyTaskRunsExactlyOnceInEveryRound(int threads) {
    try (Workers workers = Workers.of(threads)) {
      for (int tasks = 0; tasks < 300; tasks++) {
        AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
        workers.forEach(tasks, runs::incrementAndGet);
        for (int task = 0; task < tasks; task++) {
          assertEquals(1, runs.get(task), "task " + task + " of " + tasks);
        }
      }
    }
  }

  @ParameterizedTest(name = "threads {0}")
  @ValueSource(ints = {1, 2, 7})
  void whatATaskThrowsIsThrownToTheCallerAndTheWorkersGoOn(int threads) {
    try (Workers workers = Workers.of(threads)) {
      for (int round = 0; round < 20; round++) {
        assertThrows(
            ArithmeticException.class,
            () ->
                workers.forEach(
                    50,
                    task -> {
                      if (task == 33) {
                        throw new ArithmeticException();
                      }
                    }));
        AtomicIntegerArray runs = new AtomicIntegerArray(9);
        workers.forEach(9, runs::incrementAndGet);
        for (int task = 0; task < 9; task++) {
          assertEquals(1, runs.get(task));
        }
      }
    }
  }
}
