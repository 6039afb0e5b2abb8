package loupe.golden.quirk;

import java.util.List;
import java.util.Map;
import loupe.reference.Hook;
import loupe.reference.Tensor;
import loupe.sae.AttachedSae;
import loupe.sae.RowFilter;
import loupe.sae.SpliceHook;
import loupe.sae.SteerHook;

/** Splicing a reconstruction in, and steering, with a mistake. */
final class EditQuirks {
  private EditQuirks() {}

  /** An edit of the model's activations by an SAE. */
  interface EditChange {
    /**
     * The edit with the bug in.
     *
     * @param filter the rows that should be edited
     * @param push the direction to steer in
     */
    Hook of(AttachedSae sae, RowFilter filter, SteerHook.Push push);

    /** Whether the bug is one of steering; else of splicing. */
    default boolean steers() {
      return false;
    }
  }

  private interface Steering extends EditChange {
    @Override
    default boolean steers() {
      return true;
    }
  }

  static void addTo(Map<String, EditChange> zoo) {
    zoo.put(
        "splice-at-bos-too",
        (sae, filter, push) -> new SpliceHook(sae, false, List.of(), RowFilter.ALL));
    zoo.put(
        "splice-keeps-the-error",
        (sae, filter, push) -> new SpliceHook(sae, true, List.of(), filter));
    Steering everywhere = (sae, filter, push) -> new SteerHook(sae, List.of(push), RowFilter.ALL);
    zoo.put("steer-at-bos-too", everywhere);
    Steering unit =
        (sae, filter, push) -> {
          double coefficient = push.coefficient() / norm(sae.directions(push.feature()));
          return new SteerHook(
              sae, List.of(new SteerHook.Push(push.feature(), coefficient)), filter);
        };
    zoo.put("steer-by-a-unit-vector", unit);
    Steering once =
        (sae, filter, push) ->
            new SteerHook(sae, List.of(push), (token, position, sequence) -> position == 1);
    zoo.put("steer-at-one-position-only", once);
  }

  private static double norm(Tensor x) {
    double square = 0;
    for (int i = 0; i < x.size(); i++) {
      square += x.get(i) * x.get(i);
    }
    return Math.sqrt(square);
  }
}
