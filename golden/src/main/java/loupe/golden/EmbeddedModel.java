package loupe.golden;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2Config;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import loupe.sae.Attachment;
import loupe.sae.SaeEntry;
import loupe.sae.SaeName;
import loupe.sae.Site;

/**
 * The model that comes with the program: a Gemma 2 of 2.1 million parameters, trained on the State
 * of the Union addresses and Moby-Dick, with its tokenizer and its SAEs. Files are read from the
 * class path at each call and kept by the caller.
 */
public final class EmbeddedModel {
  /** What it is called on the command line, and as a release of SAEs. */
  public static final String NAME = "tiny";

  private static final String DEFAULT_SAE = "res/layer_3/width_1024/average_l0_20";
  private static final String FOLDER = "tiny/";

  private EmbeddedModel() {}

  /** Its configuration, with the defaults that were taken. */
  public static ConfigJson.Resolved config() {
    String path = FOLDER + "config.json";
    return ConfigJson.read(Resources.json(path).fields(), "embedded " + path);
  }

  /** Its checkpoint. */
  public static TensorSource weights() {
    return Resources.safetensors(FOLDER + "model.safetensors");
  }

  /** Its tokenizer as SentencePiece writes it: the one that is used. */
  public static byte[] tokenizerModel() {
    return Resources.bytes(FOLDER + "tokenizer.model");
  }

  /** The same vocabulary as Hugging Face's tokenizers write it. */
  public static byte[] tokenizerJson() {
    return Resources.bytes(FOLDER + "tokenizer.json");
  }

  /** Its SAEs, the default one of the middle layer among them. */
  public static List<SaeEntry> saes() {
    Gemma2Config config = config().config();
    List<SaeEntry> saes = new ArrayList<>();
    for (Object entry : (List<?>) Resources.jsonValue(FOLDER + "saes/index.json")) {
      saes.add(sae((String) ((Map<?, ?>) entry).get("path"), config));
    }
    return saes;
  }

  private static SaeEntry sae(String path, Gemma2Config config) {
    SaeName name = SaeName.ofPath(path);
    Site site = name.site().orElseThrow();
    int dIn = site == Site.ATT ? config.nHeads() * config.dHead() : config.dModel();
    return new SaeEntry(
        NAME,
        NAME,
        path,
        Attachment.of(site, name.layer().orElseThrow()),
        new SaeEntry.Size(dIn, name.width().orElseThrow(), name.l0().orElseThrow()),
        path.equals(DEFAULT_SAE) ? SaeEntry.Standing.DEFAULT : SaeEntry.Standing.ORDINARY);
  }

  /** The SAE that is looked at where none is named. */
  public static SaeEntry defaultSae() {
    for (SaeEntry entry : saes()) {
      if (entry.standing() == SaeEntry.Standing.DEFAULT) {
        return entry;
      }
    }
    throw new IllegalStateException("the embedded model has lost " + DEFAULT_SAE);
  }

  /**
   * The parameters of one of its SAEs, under Gemma Scope's names ({@code W_enc} and so on).
   *
   * @throws InputException if it is none of {@link #saes}
   */
  public static TensorSource saeParameters(SaeEntry sae) {
    String path = FOLDER + "saes/" + sae.path() + "/params.npz";
    if (!sae.release().equals(NAME) || !Resources.exists(path)) {
      throw new InputException(sae.id() + " is no SAE of the embedded model");
    }
    return Resources.npz(path);
  }
}
