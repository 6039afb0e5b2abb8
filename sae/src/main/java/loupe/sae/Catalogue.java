package loupe.sae;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import loupe.reference.InputException;

/**
 * SAEs by id. A full id names one SAE; a short one leaves parts out, and then means the SAE that is
 * looked at by default if that is among the matches, else the canonical one among them, if there is
 * one of it. Ids that leave more than that open are refused, with the matches.
 *
 * <p>Which SAE is called canonical has changed over time, so results should be reported with the
 * full id.
 */
public final class Catalogue {
  private static final int SHOWN = 8;

  private final List<SaeEntry> entries;
  private final Set<String> releases = new TreeSet<>();

  /** A catalogue of these SAEs; where nothing else decides, earlier ones are shown first. */
  public Catalogue(List<SaeEntry> entries) {
    this.entries = List.copyOf(entries);
    Set<String> ids = new TreeSet<>();
    for (SaeEntry entry : entries) {
      releases.add(entry.release());
      if (!ids.add(entry.id())) {
        throw new IllegalArgumentException(entry.id() + " is in the catalogue twice");
      }
    }
  }

  /** Gemma Scope's SAEs: 2,430 that SAELens lists, and 52 further transcoders. */
  public static Catalogue gemmaScope() {
    return new Catalogue(CatalogueText.gemmaScope());
  }

  /** These SAEs, then Gemma Scope's. */
  public static Catalogue gemmaScopeAnd(List<SaeEntry> first) {
    List<SaeEntry> all = new ArrayList<>(first);
    all.addAll(CatalogueText.gemmaScope());
    return new Catalogue(all);
  }

  /** All SAEs. */
  public List<SaeEntry> entries() {
    return entries;
  }

  /**
   * The SAE that an id means.
   *
   * @throws InputException if it means none or several; the message lists those that come nearest
   */
  public SaeEntry resolve(String id) {
    return resolve(id, entries);
  }

  /**
   * The SAE that an id means on this model: an id that names no release or model is looked for
   * among those that fit the model's shape, and prefers those trained on an instruction-tuned model
   * exactly if the model's name says that it is one.
   *
   * @throws InputException if it means none or several; the message lists those that come nearest
   */
  public SaeEntry resolve(String id, ModelShape model) {
    SaeName name = SaeName.ofId(id, releases);
    if (name.release().isPresent() || name.model().isPresent()) {
      return resolve(id, entries);
    }
    List<SaeEntry> fitting = new ArrayList<>();
    for (SaeEntry entry : entries) {
      if (fits(entry, model)) {
        fitting.add(entry);
      }
    }
    List<SaeEntry> matches = matches(name, fitting);
    if (matches.isEmpty()) {
      throw new InputException(
          "no SAE for this model (d_model %d, %d layers) matches '%s'; %s"
              .formatted(
                  model.dModel(),
                  model.layers(),
                  id,
                  fitting.isEmpty() ? "none is known for it" : nearest(name, fitting)));
    }
    List<SaeEntry> sameTuning = new ArrayList<>();
    for (SaeEntry entry : matches) {
      if (model.instructionTuned().equals(ModelShape.instructionTuned(entry.model()))) {
        sameTuning.add(entry);
      }
    }
    return one(id, name, sameTuning.isEmpty() ? matches : sameTuning);
  }

  private static boolean fits(SaeEntry entry, ModelShape model) {
    return entry.size().dIn() == entry.at().site().inputWidth(model)
        && entry.at().layer() < model.layers();
  }

  private SaeEntry resolve(String id, List<SaeEntry> among) {
    SaeName name = SaeName.ofId(id, releases);
    List<SaeEntry> matches = matches(name, among);
    if (matches.isEmpty()) {
      throw new InputException("there is no SAE '" + id + "'; " + nearest(name, among));
    }
    return one(id, name, matches);
  }

  private static List<SaeEntry> matches(SaeName name, List<SaeEntry> among) {
    List<SaeEntry> matches = new ArrayList<>();
    for (SaeEntry entry : among) {
      if (distance(name, entry) == 0) {
        matches.add(entry);
      }
    }
    return matches;
  }

  private static SaeEntry one(String id, SaeName name, List<SaeEntry> matches) {
    if (matches.size() == 1) {
      return matches.get(0);
    }
    List<SaeEntry> left = matches;
    for (SaeEntry.Standing standing :
        List.of(SaeEntry.Standing.DEFAULT, SaeEntry.Standing.CANONICAL)) {
      List<SaeEntry> preferred = standing(standing, matches);
      if (preferred.size() == 1) {
        return preferred.get(0);
      }
      left = preferred.isEmpty() ? left : preferred;
    }
    // Neuronpedia holds one transcoder of each layer, the one in SAELens's list.
    if (name.isNeuronpedia() && standing(SaeEntry.Standing.ORDINARY, matches).size() == 1) {
      return standing(SaeEntry.Standing.ORDINARY, matches).get(0);
    }
    throw new InputException(
        "'%s' means %d SAEs%s; give one of them in full: %s"
            .formatted(
                id,
                matches.size(),
                left == matches ? "" : ", " + left.size() + " of them canonical",
                listed(left)));
  }

  private static List<SaeEntry> standing(SaeEntry.Standing standing, List<SaeEntry> among) {
    List<SaeEntry> found = new ArrayList<>();
    for (SaeEntry entry : among) {
      if (entry.standing() == standing) {
        found.add(entry);
      }
    }
    return found;
  }

  private static String nearest(SaeName name, List<SaeEntry> among) {
    List<SaeEntry> sorted = new ArrayList<>(among);
    sorted.sort(Comparator.comparingDouble(entry -> distance(name, entry)));
    return "nearest: " + listed(sorted.subList(0, Math.min(SHOWN, sorted.size())));
  }

  /**
   * 0 where every part that the name has is the entry's. Parts weigh as a person would miss them.
   */
  private static double distance(SaeName name, SaeEntry entry) {
    double far = 0;
    far += differ(name.release(), entry.release(), 16);
    far += differ(name.model(), entry.model().substring(entry.model().lastIndexOf('/') + 1), 16);
    far += differ(name.site(), entry.at().site(), 8);
    far += differ(name.layer(), entry.at().layer(), 4, 100);
    far += differ(name.width(), entry.size().width(), 2, 1 << 21);
    far += differ(name.l0(), entry.size().l0(), 1, 10_000);
    return far;
  }

  private static <T> double differ(Optional<T> asked, T is, double weight) {
    return asked.isEmpty() || asked.get().equals(is) ? 0 : weight;
  }

  private static double differ(OptionalInt asked, int is, double weight, double unit) {
    if (asked.isEmpty() || asked.getAsInt() == is) {
      return 0;
    }
    return weight * (1 + Math.min(1, Math.abs((double) asked.getAsInt() - is) / unit));
  }

  private static String listed(List<SaeEntry> entries) {
    StringBuilder text = new StringBuilder();
    for (SaeEntry entry : entries.subList(0, Math.min(SHOWN, entries.size()))) {
      text.append(text.isEmpty() ? "" : ", ").append(entry.id());
    }
    int more = entries.size() - SHOWN;
    return more > 0 ? text + " and " + more + " more" : text.toString();
  }
}
