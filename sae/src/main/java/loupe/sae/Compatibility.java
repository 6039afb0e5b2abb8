package loupe.sae;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import loupe.reference.InputException;

/**
 * Whether an SAE can be attached to a model. Much of what goes wrong here is silent (an SAE on the
 * wrong tensor of the right width gives numbers), so whatever can be known is checked.
 */
public final class Compatibility {
  private Compatibility() {}

  /**
   * Refuses what cannot be right.
   *
   * @param trainedOn the model that the SAE was trained on, such as {@code google/gemma-2-2b};
   *     empty if unknown
   * @return warnings: what may work, but is not what the SAE was made for
   * @throws InputException if site, layer, widths or model do not fit; the message gives both sides
   */
  public static List<String> check(AttachedSae attached, String trainedOn, ModelShape model) {
    requireLayer(attached, model);
    requireWidth(attached, "d_in", attached.sae().dIn(), model);
    requireWidth(attached, "d_out", attached.sae().dOut(), model);
    requireModel(attached, trainedOn, model);
    List<String> warnings = new ArrayList<>();
    Optional<Boolean> saeTuned = ModelShape.instructionTuned(trainedOn);
    Optional<Boolean> modelTuned = model.instructionTuned();
    if (saeTuned.isPresent() && modelTuned.isPresent() && !saeTuned.equals(modelTuned)) {
      warnings.add(
          "%s was trained on %s, and this is %s: features carry over only in part"
              .formatted(attached.id(), trainedOn, model.name()));
    }
    return warnings;
  }

  private static void requireLayer(AttachedSae attached, ModelShape model) {
    if (attached.at().layer() >= model.layers()) {
      throw new InputException(
          "%s is for layer %d, but the model has %d layers, 0 to %d"
              .formatted(attached.id(), attached.at().layer(), model.layers(), model.layers() - 1));
    }
  }

  private static void requireWidth(AttachedSae attached, String axis, int width, ModelShape model) {
    Site site = attached.at().site();
    int expected = site.inputWidth(model);
    if (width == expected) {
      return;
    }
    boolean headsWidth = width == Site.ATT.inputWidth(model) && site != Site.ATT;
    boolean modelWidth = width == model.dModel() && site == Site.ATT;
    throw new InputException(
        "%s has %s %d, but %s has rows of %d in this model (d_model %d, %d heads of %d)%s"
            .formatted(
                attached.id(),
                axis,
                width,
                axis.equals("d_in") ? attached.at().input() : attached.at().output(),
                expected,
                model.dModel(),
                model.heads(),
                model.dHead(),
                headsWidth
                    ? "; heads * d_head is the width of site att"
                    : modelWidth ? "; d_model is the width of every site but att" : ""));
  }

  /** Sizes that two models share do not make one of the other's SAEs right. */
  private static void requireModel(AttachedSae attached, String trainedOn, ModelShape model) {
    Optional<String> saeFamily = family(trainedOn);
    Optional<String> modelFamily = family(model.name());
    if (saeFamily.isPresent() && modelFamily.isPresent() && !saeFamily.equals(modelFamily)) {
      throw new InputException(
          "%s was trained on %s, and this model is %s; choose an SAE of this model"
              .formatted(attached.id(), trainedOn, model.name()));
    }
  }

  /** {@code gemma-2-9b} of {@code google/gemma-2-9b-it}; {@code tiny} of {@code tiny}. */
  private static Optional<String> family(String modelName) {
    String last = modelName.substring(modelName.lastIndexOf('/') + 1);
    if (last.equals("tiny")) {
      return Optional.of(last);
    }
    return ModelShape.instructionTuned(last).isEmpty()
        ? Optional.empty()
        : Optional.of(last.replaceFirst("^(?i)(gemma-2-\\d+b).*", "$1").toLowerCase(Locale.ROOT));
  }
}
