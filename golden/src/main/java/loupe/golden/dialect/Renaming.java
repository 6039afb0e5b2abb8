package loupe.golden.dialect;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import loupe.reference.InputException;

/** What a user says about names that no dialect has: theirs to ours. */
public final class Renaming {
  private final List<NamePattern> theirs = new ArrayList<>();
  private final List<String> ours = new ArrayList<>();

  /**
   * @param rules such as <code>h.{layer}.out=blocks.{layer}.hook_resid_post</code>; nothing after
   *     the sign leaves tensors out
   * @param layers number of layers of the model
   */
  public Renaming(List<String> rules, int layers) {
    for (String rule : rules) {
      int sign = rule.lastIndexOf('=');
      if (sign < 1) {
        throw new InputException(
            "--rename is THEIRS=OURS, such as h.{layer}.out=blocks.{layer}.hook_resid_post, not '"
                + rule
                + "'");
      }
      String name = rule.substring(sign + 1);
      boolean isKnown =
          name.isEmpty()
              || Dictionary.get().tensors().stream()
                  .anyMatch(
                      row ->
                          new NamePattern(row.name(), layers).match(name).isPresent()
                              || row.name().equals(name));
      if (!isKnown) {
        throw new InputException(
            "--rename: no tensor is called " + name + "; loupe names lists them");
      }
      theirs.add(new NamePattern(rule.substring(0, sign), layers));
      ours.add(name);
    }
  }

  /** Our name of a tensor, empty text to leave it out; empty where no rule is about it. */
  Optional<String> of(String name) {
    for (int rule = 0; rule < theirs.size(); rule++) {
      OptionalInt layer = theirs.get(rule).match(name);
      if (layer.isPresent()) {
        return Optional.of(NamePattern.fill(ours.get(rule), layer.getAsInt()));
      }
    }
    return Optional.empty();
  }
}
