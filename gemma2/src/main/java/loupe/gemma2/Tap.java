package loupe.gemma2;

import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * One forward pass: its arithmetic, the hook that looks at it, and what its rows are. It is called
 * for every intermediate.
 *
 * @param arithmetic that of the pass ({@link Arithmetic#forPass})
 */
record Tap(Arithmetic arithmetic, Hook hook, Rows rows) {
  /** The value to go on with. */
  Tensor at(String name, Tensor value) {
    if (!hook.watches(name)) {
      return value;
    }
    arithmetic.keep(value);
    return hook.at(name, value, rows);
  }

  boolean watches(String name) {
    return hook.watches(name);
  }

  /** The same hook on some of the rows. */
  Tap slice(int from, int to) {
    return new Tap(arithmetic, hook, rows.slice(from, to));
  }
}
