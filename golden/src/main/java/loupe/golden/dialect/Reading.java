package loupe.golden.dialect;

import java.util.List;
import java.util.Map;
import loupe.golden.check.Report;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;

/**
 * A dump as one dialect reads it: its tensors under our names, with our axes.
 *
 * @param dialect the dialect's name
 * @param origin the dump
 * @param names the dump's name of each tensor, by ours
 * @param tensors by our names
 * @param skipped what was not read, and why
 * @param notes what a person should know about how it was read
 */
public record Reading(
    String dialect,
    String origin,
    Map<String, String> names,
    Map<String, StoredTensor> tensors,
    List<Report.Skipped> skipped,
    List<String> notes) {

  /** The tensors, as a source. */
  public TensorSource source() {
    return new TensorMap(origin, tensors);
  }
}
