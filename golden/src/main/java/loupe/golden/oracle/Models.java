package loupe.golden.oracle;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import loupe.gemma2.ConfigJson;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.golden.ReleasedConfig;
import loupe.reference.InputException;

/**
 * Models that requests name or describe. The last few are kept, with what each arithmetic made of
 * their weights.
 */
final class Models {
  private static final int KEPT = 16;
  private static final Gson CANONICAL = new GsonBuilder().serializeNulls().create();

  /** Keys of a config.json that are read, and those that every Gemma 2 has with one value. */
  private static final Set<String> CONFIG_KEYS = new TreeSet<>(ReleasedConfig.keys());

  private final OracleFiles files;
  private final Limits limits;
  private final Map<String, Entry> kept =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Models.Entry> eldest) {
          return size() > KEPT;
        }
      };

  /**
   * A model that is kept.
   *
   * @param isByFormula whether the request describes it, so that the limits hold for its size
   */
  record Entry(OracleFiles.NamedModel parts, boolean isByFormula, Map<String, Gemma2> ready) {
    Gemma2Config config() {
      return parts.config();
    }

    /** The model in an arithmetic, made once for each name. */
    Gemma2 in(String arithmetic, Supplier<Gemma2> maker) {
      Gemma2 model = ready.get(arithmetic);
      if (model == null) {
        if (ready.size() >= 4) {
          ready.clear();
        }
        model = maker.get();
        ready.put(arithmetic, model);
      }
      return model;
    }
  }

  Models(OracleFiles files, Limits limits) {
    this.files = files;
    this.limits = limits;
  }

  /**
   * The model that an argument stands for.
   *
   * @param model a name, or an object with config, seed and knobs
   */
  Entry of(Object model) {
    String key = CANONICAL.toJson(model);
    Entry entry = kept.get(key);
    if (entry == null) {
      entry =
          model instanceof String name
              ? new Entry(named(name), false, new HashMap<>())
              : new Entry(byFormula((Map<?, ?>) model), true, new HashMap<>());
      kept.put(key, entry);
    }
    return entry;
  }

  private OracleFiles.NamedModel named(String name) {
    try {
      return files.model(name);
    } catch (RefusedException e) {
      throw e;
    } catch (InputException e) {
      throw new RefusedException(ErrorCode.UNAVAILABLE, "args.model: " + e.getMessage());
    }
  }

  private OracleFiles.NamedModel byFormula(Map<?, ?> model) {
    String place = "args.model";
    Fields.allow(model, place, "config", "seed", "knobs");
    Map<String, Object> json = named(Fields.object(model.get("config"), place + ".config"));
    for (String key : json.keySet()) {
      if (!CONFIG_KEYS.contains(key)) {
        throw new RefusedException(
            ErrorCode.INVALID_ARGUMENT,
            "%s.config has the unknown key %s; there are %s"
                .formatted(place, key, String.join(", ", CONFIG_KEYS)));
      }
    }
    try {
      Gemma2Config config = ConfigJson.read(json, place + ".config").config();
      if (config.parameterCount() > limits.parameters()) {
        throw RefusedException.limit(
            "%s has %d parameters, and limits.parameters is %d"
                .formatted(place, config.parameterCount(), limits.parameters()));
      }
      long seed = model.containsKey("seed") ? Fields.whole(model.get("seed"), place + ".seed") : 1;
      Knobs knobs = model.containsKey("knobs") ? Knobs.read(named(model), place) : Knobs.DEFAULT;
      return new OracleFiles.NamedModel(
          config, new FormulaWeights(config, knobs, seed), Optional.empty());
    } catch (RefusedException e) {
      throw e;
    } catch (InputException e) {
      throw new RefusedException(ErrorCode.INVALID_ARGUMENT, e.getMessage());
    }
  }

  private static Map<String, Object> named(Map<?, ?> map) {
    Map<String, Object> named = new LinkedHashMap<>();
    map.forEach((key, value) -> named.put((String) key, value));
    return named;
  }

  /** Names that globs select, each glob at least one, in the order of the model. */
  static List<String> select(List<String> globs, List<String> known, String place) {
    Set<String> wanted = new TreeSet<>();
    for (String glob : globs) {
      try {
        wanted.addAll(loupe.reference.Hooks.select(glob, known));
      } catch (InputException e) {
        throw new RefusedException(ErrorCode.INVALID_ARGUMENT, place + ": " + e.getMessage());
      }
    }
    List<String> inOrder = new ArrayList<>(known);
    inOrder.retainAll(wanted);
    return inOrder;
  }
}
