package loupe.reference;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * A fixed number of threads that share out numbered, independent tasks. Results never depend on the
 * number of threads: a task writes only what no other task touches. The calling thread works too,
 * so {@code Workers.of(1)} has no thread of its own. Threads are daemons, started once.
 */
public final class Workers implements AutoCloseable {
  private final int threads;
  private final Thread[] helpers;

  /**
   * How often a thread looks for work, or for the end of it, before it goes to sleep: as long as
   * waking up takes, some ten microseconds. A model asks for the next job much sooner than that.
   */
  private static final int LOOKS = 1 << 12;

  private final Object gate = new Object();
  private volatile Job job;
  private volatile boolean closed;

  /** Threads that sleep; guarded by the gate. */
  private int sleeping;

  private static final class Job {
    final int tasks;
    final IntConsumer body;
    final AtomicInteger next = new AtomicInteger();
    final AtomicInteger done = new AtomicInteger();
    volatile Throwable failure;

    Job(int tasks, IntConsumer body) {
      this.tasks = tasks;
      this.body = body;
    }

    /** Takes tasks until none is left; true if this call finished the last one. */
    boolean work() {
      int finished = 0;
      for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
        try {
          if (failure == null) {
            body.accept(task);
          }
        } catch (Throwable e) {
          failure = e;
        }
        finished++;
      }
      return finished > 0 && done.addAndGet(finished) == tasks;
    }

    boolean endsSoon() {
      for (int look = 0; look < LOOKS; look++) {
        if (done.get() >= tasks) {
          return true;
        }
        Thread.onSpinWait();
      }
      return false;
    }
  }

  private Workers(int threads) {
    this.threads = threads;
    this.helpers = new Thread[threads - 1];
    for (int i = 0; i < helpers.length; i++) {
      helpers[i] = new Thread(this::serve, "loupe-worker-" + (i + 1));
      helpers[i].setDaemon(true);
      helpers[i].start();
    }
  }

  /** Workers of this many threads, the caller's included; at least 1. */
  public static Workers of(int threads) {
    if (threads < 1) {
      throw new InputException("--threads must be 1 or more, not " + threads);
    }
    return new Workers(threads);
  }

  /** As many threads as the machine has cores. */
  public static Workers ofAllCores() {
    return of(Runtime.getRuntime().availableProcessors());
  }

  /** Number of threads, the caller's included. */
  public int threads() {
    return threads;
  }

  /**
   * Runs {@code body} for 0 .. tasks-1, each once, on any thread, and returns when all are done.
   * What one of them throws is thrown here.
   */
  public void forEach(int tasks, IntConsumer body) {
    if (helpers.length == 0 || tasks <= 1) {
      for (int task = 0; task < tasks; task++) {
        body.accept(task);
      }
      return;
    }
    Job mine = new Job(tasks, body);
    synchronized (gate) {
      job = mine;
      if (sleeping > 0) {
        gate.notifyAll();
      }
    }
    if (!mine.work() && !mine.endsSoon()) {
      awaitEnd(mine);
    }
    rethrow(mine.failure);
  }

  private void awaitEnd(Job mine) {
    synchronized (gate) {
      boolean interrupted = false;
      while (mine.done.get() < mine.tasks) {
        try {
          gate.wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void rethrow(Throwable failure) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  private void serve() {
    Job last = null;
    while (true) {
      if (!comesSoon(last) && !awaitJob(last)) {
        return;
      }
      Job current = job;
      last = current;
      if (current.work()) {
        synchronized (gate) {
          gate.notifyAll();
        }
      }
    }
  }

  private boolean comesSoon(Job last) {
    for (int look = 0; look < LOOKS; look++) {
      if (job != last) {
        return true;
      }
      Thread.onSpinWait();
    }
    return false;
  }

  /** Sleeps until there is another job than the last; false if there will be none. */
  private boolean awaitJob(Job last) {
    synchronized (gate) {
      sleeping++;
      try {
        while (!closed && job == last) {
          gate.wait();
        }
      } catch (InterruptedException e) {
        return false;
      } finally {
        sleeping--;
      }
      return !closed;
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    synchronized (gate) {
      closed = true;
      gate.notifyAll();
    }
  }
}
