package loupe.reference;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicReference;

/** Where {@link Float32} puts its results: in new arrays, or, during a pass, in those of a pool. */
final class Results {
  /** Null outside of a pass, and when it is over. */
  private ResultPool pool;

  /** What the last pass left; given up where memory is needed for something else. */
  private final AtomicReference<SoftReference<ResultPool>> idle;

  private Results(ResultPool pool, AtomicReference<SoftReference<ResultPool>> idle) {
    this.pool = pool;
    this.idle = idle;
  }

  /** New arrays. */
  static Results ofNewArrays() {
    return new Results(null, new AtomicReference<>());
  }

  /** See {@link Arithmetic#forPass}: the pool is that of the last pass, if no other has it. */
  Results forPass() {
    SoftReference<ResultPool> last = idle.getAndSet(null);
    ResultPool held = last == null ? null : last.get();
    return new Results(held == null ? new ResultPool() : held, idle);
  }

  /** An array of {@code size} elements, with any contents: the caller writes all of them. */
  float[] array(int size) {
    return pool == null ? new float[size] : pool.take(size);
  }

  /** See {@link Arithmetic#keep}. */
  void keep(Tensor result) {
    if (pool != null && result instanceof FloatTensor x) {
      pool.keep(x.data());
    }
  }

  /** See {@link Arithmetic#recycle}. */
  void recycle(Tensor current) {
    if (pool != null) {
      pool.recycle(((FloatTensor) current).data());
    }
  }

  /** See {@link Arithmetic#endPass}. */
  void endPass(Tensor result) {
    if (pool != null) {
      keep(result);
      pool.endPass();
      idle.set(new SoftReference<>(pool));
      pool = null;
    }
  }
}
