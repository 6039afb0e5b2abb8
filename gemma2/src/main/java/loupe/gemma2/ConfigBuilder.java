package loupe.gemma2;

import java.util.List;

/** A configuration that differs from another in some settings. */
public final class ConfigBuilder {
  private final Gemma2Config base;
  private double queryPreAttnScalar;
  private double attnSoftcap;
  private double finalSoftcap;
  private int slidingWindow;
  private List<LayerType> layerTypes;
  private double ropeTheta;
  private double rmsNormEps;
  private boolean tiedHead;

  /** Starts with all settings of {@code base}. */
  public ConfigBuilder(Gemma2Config base) {
    this.base = base;
    this.queryPreAttnScalar = base.queryPreAttnScalar();
    this.attnSoftcap = base.attnSoftcap();
    this.finalSoftcap = base.finalSoftcap();
    this.slidingWindow = base.slidingWindow();
    this.layerTypes = base.layerTypes();
    this.ropeTheta = base.ropeTheta();
    this.rmsNormEps = base.rmsNormEps();
    this.tiedHead = base.tiedHead();
  }

  public ConfigBuilder queryPreAttnScalar(double value) {
    queryPreAttnScalar = value;
    return this;
  }

  /** 0 for none. */
  public ConfigBuilder attnSoftcap(double value) {
    attnSoftcap = value;
    return this;
  }

  /** 0 for none. */
  public ConfigBuilder finalSoftcap(double value) {
    finalSoftcap = value;
    return this;
  }

  public ConfigBuilder slidingWindow(int value) {
    slidingWindow = value;
    return this;
  }

  public ConfigBuilder layerTypes(List<LayerType> value) {
    layerTypes = value;
    return this;
  }

  public ConfigBuilder ropeTheta(double value) {
    ropeTheta = value;
    return this;
  }

  public ConfigBuilder rmsNormEps(double value) {
    rmsNormEps = value;
    return this;
  }

  public ConfigBuilder tiedHead(boolean value) {
    tiedHead = value;
    return this;
  }

  /** The configuration; its parts are checked as those of any other. */
  public Gemma2Config build() {
    return new Gemma2Config(
        base.dModel(),
        base.nLayers(),
        base.nHeads(),
        base.nKvHeads(),
        base.dHead(),
        base.dMlp(),
        base.dVocab(),
        queryPreAttnScalar,
        attnSoftcap,
        finalSoftcap,
        slidingWindow,
        layerTypes,
        ropeTheta,
        rmsNormEps,
        base.maxPositions(),
        base.bosId(),
        base.eosIds(),
        tiedHead,
        base.dtype());
  }
}
