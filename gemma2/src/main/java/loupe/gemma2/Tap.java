package loupe.gemma2;

import loupe.reference.Hook;
import loupe.reference.Rows;
import loupe.reference.Tensor;

/**
 * A hook together with the rows of the pass that it looks at: what the forward pass calls for every
 * intermediate.
 *
 * @param builtIn what belongs to the model
 * @param hook what the caller adds; it sees what {@code builtIn} made of a value
 */
record Tap(Hook builtIn, Hook hook, Rows rows) {
  /** The value to go on with. */
  Tensor at(String name, Tensor value) {
    Tensor own = builtIn.watches(name) ? builtIn.at(name, value, rows) : value;
    return hook.watches(name) ? hook.at(name, own, rows) : own;
  }

  boolean watches(String name) {
    return hook.watches(name) || builtIn.watches(name);
  }

  /** The same hook on some of the rows. */
  Tap slice(int from, int to) {
    return new Tap(builtIn, hook, rows.slice(from, to));
  }
}
