package loupe.jqwik;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.golden.ReleasedConfig;
import loupe.reference.Arithmetic;
import loupe.reference.TensorSource;

/**
 * A tiny model whose weights are a formula of a seed, so that another program can have the same.
 *
 * @param config its dtype is {@code float32} or {@code bfloat16}
 */
public record FormulaModel(Gemma2Config config, long seed) {
  /** The checkpoint. */
  public TensorSource weights() {
    return new FormulaWeights(config, Knobs.DEFAULT, seed);
  }

  /** The model in an arithmetic. */
  public Gemma2 in(Arithmetic arithmetic) {
    return new Gemma2(config, weights(), arithmetic);
  }

  /** {@code model} in a request of the oracle's protocol. */
  public String json() {
    JsonObject model = new JsonObject();
    GsonBuilder withNulls = new GsonBuilder().serializeNulls();
    model.add("config", withNulls.create().toJsonTree(ReleasedConfig.values(config)));
    model.addProperty("seed", seed);
    return model.toString();
  }
}
