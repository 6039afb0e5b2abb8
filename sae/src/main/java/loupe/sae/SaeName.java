package loupe.sae;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.reference.InputException;

/**
 * What the text of an SAE's id, or the path of its file, says about it. Every part may be missing.
 *
 * <p>Parts, separated by {@code /}: a release ({@code gemma-scope-2b-pt-res}, also with {@code
 * google/} before or {@code -canonical} after it), a model ({@code gemma-2-2b}), a site ({@code
 * res}, {@code att}, {@code mlp}, {@code transcoder}, {@code embedding}), {@code layer_20}, {@code
 * width_16k}, {@code average_l0_71} or {@code canonical}, {@code params.npz}; or Neuronpedia's form
 * of all that, {@code 20-gemmascope-res-16k}, with {@code __l0-71} after it where meant.
 */
public final class SaeName {
  private static final Pattern RELEASE =
      Pattern.compile(
          "(?:models--google--)?(gemma-scope-\\d+b-(?:pt|it)-(res|att|mlp|transcoders))"
              + "(-canonical)?");
  private static final Pattern MODEL = Pattern.compile("gemma-2-\\d+b(-it)?");
  private static final Pattern LAYER = Pattern.compile("layer_(\\d{1,6})");
  private static final Pattern WIDTH = Pattern.compile("width_(\\d{1,9}[km]?)");
  private static final Pattern L0 = Pattern.compile("(?:average_)?l0_(\\d{1,9})");
  private static final Pattern NEURONPEDIA =
      Pattern.compile(
          "(\\d{1,6})-gemmascope-(res|att|mlp|transcoder)-(\\d{1,9}[km]?)(?:__l0-(\\d{1,9}))?");

  private String release = "";
  private String model = "";
  private Site site;
  private int layer = -1;
  private int width = -1;
  private int l0 = -1;
  private boolean neuronpedia;

  private SaeName() {}

  /**
   * Reads an id, of which every part must be understood.
   *
   * @param releases names of further releases, such as {@code tiny}
   * @throws InputException if a part is not understood or contradicts another
   */
  static SaeName ofId(String id, Set<String> releases) {
    SaeName name = new SaeName();
    for (String part : parts(id)) {
      if (releases.contains(part) && !RELEASE.matcher(part).matches()) {
        name.release = name.only(part, name.release, id);
      } else if (!name.take(part, id) && !part.equals("google")) {
        throw new InputException(
            ("'%s' is no SAE: '%s' is no part of an id, and there is no such file. Ids are such as"
                    + " %s or gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71; files are"
                    + " params.npz or a SAELens folder")
                .formatted(
                    id, part, releases.contains("tiny") ? "tiny/res/layer_3" : "res/layer_3"));
      }
    }
    if (name.saysNothing()) {
      throw new InputException(
          "'"
              + id
              + "' names no SAE; ids are such as res/layer_3 or"
              + " gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71");
    }
    return name;
  }

  /**
   * Reads what it can off a file's path, such as {@code
   * saes/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz}. Later parts count more
   * than earlier ones; a bare site counts only right before a layer or a width.
   */
  public static SaeName ofPath(String path) {
    List<String> parts = parts(path.replace('\\', '/'));
    SaeName name = new SaeName();
    for (int i = 0; i < parts.size(); i++) {
      String part = parts.get(i);
      boolean beforeLayer =
          i + 1 < parts.size()
              && (LAYER.matcher(parts.get(i + 1)).matches()
                  || WIDTH.matcher(parts.get(i + 1)).matches());
      if (siteOf(part).isEmpty() || beforeLayer) {
        SaeName said = new SaeName();
        if (said.take(part, path)) {
          name.overwrite(said);
        }
      }
    }
    return name;
  }

  private static List<String> parts(String text) {
    String plain = text.replaceFirst("^https?://[^/]*/", "");
    List<String> parts = new ArrayList<>();
    for (String part : plain.split("/", -1)) {
      if (!part.isEmpty() && !part.equals("params.npz")) {
        parts.add(part);
      }
    }
    // The links of a Hugging Face repository have /resolve/main/ or the like inside.
    int branch = parts.indexOf("main");
    if (branch > 0 && Set.of("resolve", "blob", "tree").contains(parts.get(branch - 1))) {
      parts.subList(branch - 1, branch + 1).clear();
    }
    return parts;
  }

  /** Takes one part in; false if it is not understood. */
  private boolean take(String part, String whole) {
    Matcher m = RELEASE.matcher(part);
    if (m.matches()) {
      release = only(m.group(1), release, whole);
      site = site == Site.EMBEDDING ? site : only(Site.parse(m.group(2)), site, whole);
      return true;
    }
    m = NEURONPEDIA.matcher(part);
    if (m.matches()) {
      neuronpedia = true;
      layer = only(Integer.parseInt(m.group(1)), layer, whole);
      site = only(Site.parse(m.group(2)), site, whole);
      width = only(width(m.group(3)), width, whole);
      l0 = m.group(4) == null ? l0 : only(Integer.parseInt(m.group(4)), l0, whole);
      return true;
    }
    Optional<Site> labelled = siteOf(part);
    if (labelled.isPresent()) {
      // An embedding SAE lies in the repository of the residual ones.
      boolean embeddingOfRes = labelled.get() == Site.EMBEDDING && site == Site.RES;
      site = embeddingOfRes ? Site.EMBEDDING : only(labelled.get(), site, whole);
      return true;
    }
    return takeNumber(part, whole);
  }

  private boolean takeNumber(String part, String whole) {
    Matcher m = LAYER.matcher(part);
    if (m.matches()) {
      layer = only(Integer.parseInt(m.group(1)), layer, whole);
      return true;
    }
    m = WIDTH.matcher(part);
    if (m.matches()) {
      width = only(width(m.group(1)), width, whole);
      return true;
    }
    m = L0.matcher(part);
    if (m.matches()) {
      l0 = only(Integer.parseInt(m.group(1)), l0, whole);
      return true;
    }
    if (MODEL.matcher(part).matches()) {
      model = only(part, model, whole);
      return true;
    }
    return part.equals("canonical");
  }

  private <T> T only(T now, T before, String whole) {
    boolean unset = before == null || before.equals("") || before.equals(-1);
    if (!unset && !before.equals(now)) {
      throw new InputException("'" + whole + "' says both " + before + " and " + now);
    }
    return now;
  }

  private boolean saysNothing() {
    return release.isEmpty() && model.isEmpty() && site == null && Math.max(layer, width) < 0;
  }

  private void overwrite(SaeName later) {
    release = later.release.isEmpty() ? release : later.release;
    site = later.site == null ? site : later.site;
    layer = later.layer < 0 ? layer : later.layer;
    width = later.width < 0 ? width : later.width;
    l0 = later.l0 < 0 ? l0 : later.l0;
  }

  private static Optional<Site> siteOf(String part) {
    for (Site candidate : Site.values()) {
      if (candidate.label().equals(part)) {
        return Optional.of(candidate);
      }
    }
    return part.equals("transcoders") ? Optional.of(Site.TRANSCODER) : Optional.empty();
  }

  /**
   * Number of features of a width's label: {@code 512} is 512, and with a letter it is the power of
   * two nearest to that many thousands or millions ({@code 65k} is 65,536, {@code 1m} 1,048,576).
   */
  static int width(String label) {
    char last = label.charAt(label.length() - 1);
    if (Character.isDigit(last)) {
      return Integer.parseInt(label);
    }
    long about =
        Long.parseLong(label.substring(0, label.length() - 1)) * (last == 'k' ? 1_000 : 1_000_000);
    long below = Long.highestOneBit(Math.max(1, about));
    long nearest = about - below <= 2 * below - about ? below : 2 * below;
    return (int) Math.min(nearest, Integer.MAX_VALUE);
  }

  /** The release, such as {@code gemma-scope-2b-pt-res}. */
  public Optional<String> release() {
    return release.isEmpty() ? Optional.empty() : Optional.of(release);
  }

  /** The model that the release's SAEs were trained on, such as {@code google/gemma-2-9b-it}. */
  public Optional<String> trainedOn() {
    return release()
        .filter(name -> RELEASE.matcher(name).matches())
        .map(
            name ->
                name.replaceFirst("gemma-scope-(\\d+b)-.*", "google/gemma-2-$1")
                    + (name.contains("-it-") ? "-it" : ""));
  }

  /** The model's name, such as {@code gemma-2-2b}. */
  Optional<String> model() {
    return model.isEmpty() ? Optional.empty() : Optional.of(model);
  }

  public Optional<Site> site() {
    return Optional.ofNullable(site);
  }

  /** The layer, counted from 0. */
  public OptionalInt layer() {
    return layer < 0 ? OptionalInt.empty() : OptionalInt.of(layer);
  }

  /** Number of features. */
  public OptionalInt width() {
    return width < 0 ? OptionalInt.empty() : OptionalInt.of(width);
  }

  /** The L0 in the name: features that were on for a token, on average, in training. */
  public OptionalInt l0() {
    return l0 < 0 ? OptionalInt.empty() : OptionalInt.of(l0);
  }

  /** Whether it is written in Neuronpedia's form. */
  boolean isNeuronpedia() {
    return neuronpedia;
  }
}
