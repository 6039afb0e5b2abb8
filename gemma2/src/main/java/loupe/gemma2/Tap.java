package loupe.gemma2;

import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * A hook together with the rows of the pass that it looks at: what the forward pass calls for every
 * intermediate.
 */
record Tap(Hook hook, Rows rows) {
  /** The value to go on with. */
  Tensor at(String name, Tensor value) {
    return hook.watches(name) ? hook.at(name, value, rows) : value;
  }

  boolean watches(String name) {
    return hook.watches(name);
  }

  /** The same hook on some of the rows. */
  Tap slice(int from, int to) {
    return new Tap(hook, rows.slice(from, to));
  }
}
