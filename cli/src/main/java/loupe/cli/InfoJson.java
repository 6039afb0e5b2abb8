package loupe.cli;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import loupe.gemma2.Gemma2Config;
import loupe.golden.ReleasedConfig;
import loupe.loaders.Tokenizer;

/** What {@code info} found, for programs. */
final class InfoJson {
  private final ModelInfo info;

  InfoJson(ModelInfo info) {
    this.info = info;
  }

  JsonObject document() {
    Gemma2Config config = info.config().config();
    JsonObject json = new JsonObject();
    json.addProperty("version", Version.text());
    json.addProperty("model", info.name());
    json.add("config", tree(ReleasedConfig.values(config)));
    json.add("defaults", tree(info.config().defaults()));
    json.addProperty("parameters", config.parameterCount());
    json.add("weights", info.stored().map(this::weights).orElse(JsonNull.INSTANCE));
    json.addProperty("tokenizer", info.tokenizer().map(Tokenizer::origin).orElse(null));
    json.add("memory", memory(config.maxPositions()));
    json.addProperty("arithmetic", info.numbers().arithmetic());
    json.addProperty("threads", info.numbers().threads());
    json.addProperty("kernels", info.numbers().kernels().name());
    json.addProperty("kernels_why", info.numbers().kernels().why());
    json.addProperty("java", ModelInfo.java());
    json.addProperty("java_vm", ModelInfo.virtualMachine());
    json.add("notes", tree(info.notes()));
    json.add("warnings", tree(info.warnings()));
    return json;
  }

  private JsonElement weights(ModelInfo.Stored stored) {
    JsonObject json = new JsonObject();
    json.addProperty("tensors", stored.tensors());
    json.addProperty("bytes", stored.bytes());
    json.add("dtypes", tree(stored.dtypes()));
    json.addProperty("digest", stored.digest());
    return json;
  }

  private JsonElement memory(int positions) {
    JsonObject json = new JsonObject();
    json.addProperty("kv_bytes_per_token", info.memory().perToken());
    json.addProperty("kv_bytes_at_max_positions", info.memory().keysAndValues(positions));
    json.addProperty("heap_bytes_at_max_positions", info.memory().heap(positions));
    json.addProperty("heap_bytes_allowed", Runtime.getRuntime().maxMemory());
    return json;
  }

  private static JsonElement tree(Object value) {
    return new GsonBuilder().serializeNulls().create().toJsonTree(value);
  }
}
