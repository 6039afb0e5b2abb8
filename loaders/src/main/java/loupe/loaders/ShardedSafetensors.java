package loupe.loaders;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;

/**
 * A checkpoint in several safetensors files, with a JSON index whose {@code weight_map} tells in
 * which each tensor is. Index and shards must agree exactly: a tensor that is missing, not listed,
 * or there twice is refused.
 */
public final class ShardedSafetensors extends TensorTable {
  private ShardedSafetensors(String origin, Map<String, FileTensor> tensors) {
    super(origin, tensors);
  }

  /**
   * Opens an index and all its shards, which lie in the same folder.
   *
   * @throws InputException if a file cannot be read or is malformed
   */
  public static ShardedSafetensors open(Path index) {
    JsonObject map = StrictJson.readObject(index).object("weight_map");
    Map<String, SafetensorsFile> shards = new TreeMap<>();
    Map<String, FileTensor> found = new LinkedHashMap<>();
    for (String name : map.fields().keySet()) {
      String shard = map.string(name);
      if (!shards.containsKey(shard)) {
        requirePlainName(map, name, shard);
        shards.put(shard, SafetensorsFile.open(index.resolveSibling(shard)));
      }
      if (!shards.get(shard).names().contains(name)) {
        throw map.failure(name, "the tensor is not in " + Printable.of(shard));
      }
      found.put(name, shards.get(shard).tensor(name));
    }
    for (Map.Entry<String, SafetensorsFile> shard : shards.entrySet()) {
      requireListed(map, shard.getKey(), shard.getValue());
    }
    return new ShardedSafetensors(index.toString(), found);
  }

  /** A name that would lead out of the folder, or to something else than a shard, is refused. */
  private static void requirePlainName(JsonObject map, String name, String shard) {
    boolean plain = shard.endsWith(".safetensors") && shard.length() > ".safetensors".length();
    for (int i = 0; i < shard.length(); i++) {
      char c = shard.charAt(i);
      plain &= c > ' ' && c != 0x7f && "/\\:*?\"<>|".indexOf(c) < 0;
    }
    try {
      plain &= Path.of(shard).getNameCount() == 1;
    } catch (InvalidPathException e) {
      plain = false;
    }
    if (!plain) {
      throw map.failure(
          name,
          "the shard \"%s\" is not the plain name of a .safetensors file beside the index"
              .formatted(Printable.of(shard)));
    }
  }

  private static void requireListed(JsonObject map, String shard, SafetensorsFile file) {
    for (String name : file.names()) {
      Object listed = map.fields().get(name);
      if (listed == null) {
        throw new MalformedFileException(
            file.origin(), "tensor " + Printable.of(name), "not listed in the index");
      }
      if (!listed.equals(shard)) {
        throw new MalformedFileException(
            file.origin(),
            "tensor " + Printable.of(name),
            "there twice: the index has it in " + Printable.of(listed.toString()));
      }
    }
  }
}
