package loupe.gemma2;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import loupe.reference.InputException;

/**
 * The released sizes (gemma_pytorch, config.py; Hugging Face, google/gemma-2-2b, -9b, -27b:
 * config.json).
 */
public final class Presets {
  private static final Map<String, Gemma2Config> ALL =
      new TreeMap<>(
          Map.of(
              "2b", released(2304, 26, 8, 4, 256, 9216, 256),
              "9b", released(3584, 42, 16, 8, 256, 14336, 256),
              "27b", released(4608, 46, 32, 16, 128, 36864, 144)));

  private Presets() {}

  private static Gemma2Config released(
      int dModel, int nLayers, int nHeads, int nKvHeads, int dHead, int dMlp, double scalar) {
    return new Gemma2Config(
        dModel,
        nLayers,
        nHeads,
        nKvHeads,
        dHead,
        dMlp,
        256000,
        scalar,
        50,
        30,
        4096,
        Gemma2Config.alternating(nLayers),
        10000,
        1e-6,
        8192,
        2,
        List.of(1),
        true,
        "bfloat16");
  }

  /** Names of all presets. */
  public static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /**
   * The configuration of this name.
   *
   * @throws InputException if there is none
   */
  public static Gemma2Config of(String name) {
    Gemma2Config config = ALL.get(name);
    if (config == null) {
      throw new InputException("no preset is called '" + name + "'; there are " + names());
    }
    return config;
  }
}
