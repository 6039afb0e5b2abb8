package loupe.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import loupe.golden.check.Report;
import loupe.golden.check.SaeGrader;
import loupe.reference.InputException;
import loupe.reference.StoredTensor;
import loupe.reference.TensorSource;
import loupe.sae.Attachment;

/**
 * What a dump holds of an SAE, and what else. SAELens names all that an SAE gives after the hook
 * that it is attached to, the reconstruction twice: {@code hook_sae_recons}, and {@code
 * hook_sae_output}, which an error term may have been added to.
 *
 * @param tensors by our names
 * @param names the dump's, by ours
 * @param input what the SAE was given, where the dump calls it so
 * @param rest the dump's other names
 * @param skipped tensors of SAEs that are not graded
 */
record SaeDump(
    Map<String, StoredTensor> tensors,
    Map<String, String> names,
    Optional<StoredTensor> input,
    Set<String> rest,
    List<Report.Skipped> skipped) {
  private static final String INPUT = "input";
  private static final String ERROR = "hook_sae_error";

  /**
   * Sorts the names of a dump.
   *
   * @param at where the SAE is attached
   * @throws InputException if two tensors may be the same one of the SAE, or there is none of it
   */
  static SaeDump of(TensorSource source, Attachment at) {
    Map<String, String> names = new LinkedHashMap<>();
    List<Report.Skipped> skipped = new ArrayList<>();
    Set<String> rest = new LinkedHashSet<>();
    for (String name : source.names()) {
      Optional<String> ours = SaeGrader.isInput(name) ? Optional.of(INPUT) : SaeGrader.known(name);
      if (name.equals(ERROR) || name.endsWith("." + ERROR)) {
        skipped.add(new Report.Skipped(name, "what the reconstruction lacks of the input"));
      } else if (ours.isEmpty()) {
        rest.add(name);
      } else {
        String before = names.get(ours.get());
        String better = before == null ? name : better(source, before, name, ours.get(), at);
        names.put(ours.get(), better);
        if (before != null) {
          String worse = better.equals(name) ? before : name;
          skipped.add(new Report.Skipped(worse, reason(worse, better)));
        }
      }
    }
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    names.forEach((ours, name) -> tensors.put(ours, source.tensor(name)));
    Optional<StoredTensor> input = Optional.ofNullable(tensors.remove(INPUT));
    names.remove(INPUT);
    if (tensors.isEmpty()) {
      throw new InputException(
          source.origin()
              + " has neither pre nor features nor reconstruction: nothing can be compared");
    }
    return new SaeDump(tensors, names, input, rest, skipped);
  }

  /** What to beware of: that the dump names another hook than that of the SAE. */
  Optional<String> warning(Attachment at) {
    return names.values().stream()
        .filter(name -> !isAt(name, at))
        .findFirst()
        .map(name -> name + " is of an SAE at " + hook(name) + ", not at " + at.input());
  }

  private static String better(
      TensorSource source, String one, String other, String ours, Attachment at) {
    int difference =
        Comparator.comparing((String name) -> !isAt(name, at))
            .thenComparing(SaeGrader::naming)
            .compare(one, other);
    if (difference == 0) {
      throw new InputException(
          "%s: %s and %s are both %s; leave one out".formatted(source.origin(), one, other, ours));
    }
    return difference < 0 ? one : other;
  }

  /** Whether a tensor's name says no other hook than that of the SAE. */
  private static boolean isAt(String name, Attachment at) {
    String hook = hook(name);
    return hook.isEmpty() || hook.equals(at.input()) || hook.equals(at.output());
  }

  /** The hook that a tensor of an SAE is named after. */
  private static String hook(String name) {
    return name.substring(0, Math.max(0, name.lastIndexOf('.')));
  }

  private static String reason(String name, String better) {
    return hook(name).equals(hook(better))
        ? "what the model goes on with, an error term included where there is one"
        : "of an SAE at another hook";
  }
}
