package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointTest {
  private static final String SHARD_A = "model-00001-of-00002.safetensors";
  private static final String SHARD_B = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  /** A shard with one-byte tensors. */
  private void shard(String file, String... names) {
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < names.length; i++) {
      header.append(i == 0 ? "" : ",");
      header.append(
          "\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}"
              .formatted(names[i], i, i + 1));
    }
    TestFiles.write(
        folder.resolve(file), TestFiles.safetensors(header.append('}').toString(), names.length));
  }

  private Path index(String text) {
    byte[] bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return TestFiles.write(folder.resolve(Checkpoint.INDEX), bytes);
  }

  @Test
  void joinsShardsInTheOrderOfTheIndex() {
    shard(SHARD_A, "a", "c");
    shard(SHARD_B, "b");
    index(
        "{'metadata':{'total_size':3},'weight_map':{'b':'%s','a':'%s','c':'%s'}}"
            .formatted(SHARD_B, SHARD_A, SHARD_A));
    TensorSource source = Checkpoint.open(folder);
    assertEquals(List.of("b U8 [1] 00", "a U8 [1] 00", "c U8 [1] 01"), TestFiles.contents(source));
    assertEquals(folder.resolve(Checkpoint.INDEX).toString(), source.origin());
    assertTrue(source.tensor("c").origin().endsWith(SHARD_A + ": tensor c"));
  }

  @Test
  void prefersTheSingleFile() {
    shard(Checkpoint.SINGLE, "a");
    index("not JSON at all");
    assertEquals(List.of("a U8 [1] 00"), TestFiles.contents(Checkpoint.open(folder)));
  }

  @Test
  void followsSymbolicLinksAsModelCachesHaveThem() throws IOException {
    Path blobs = Files.createDirectory(folder.resolve("blobs"));
    shard("blobs/123", "a");
    Files.createSymbolicLink(folder.resolve(SHARD_A), blobs.resolve("123"));
    index("{'weight_map':{'a':'" + SHARD_A + "'}}");
    assertEquals(List.of("a U8 [1] 00"), TestFiles.contents(Checkpoint.open(folder)));
  }

  @Test
  void saysWhatIsThereWhenWeightsAreMissing() {
    String missing = ": neither model.safetensors nor model.safetensors.index.json is there";
    Throwable e = TestFiles.failure(() -> Checkpoint.open(folder));
    assertEquals(folder + missing, e.getMessage());
    TestFiles.write(folder.resolve("pytorch_model.bin"), new byte[1]);
    e = TestFiles.failure(() -> Checkpoint.open(folder));
    assertEquals(folder + missing + "; it holds pytorch_model.bin", e.getMessage());
  }

  @Test
  void refusesWhatIsNoFolder() {
    Path file = TestFiles.write(folder.resolve("f"), new byte[0]);
    assertEquals(
        file + ": not a folder", TestFiles.failure(() -> Checkpoint.open(file)).getMessage());
    Path none = folder.resolve("none");
    assertEquals(
        none + ": no such folder", TestFiles.failure(() -> Checkpoint.open(none)).getMessage());
  }

  static Stream<Arguments> badIndexes() {
    return Stream.of(
        arguments("empty file", "", "index.json: $ (line 1 column 1): ends too early"),
        arguments("an array", "[]", "an object is needed here, not an array"),
        arguments("no map", "{'metadata':{}}", "$.weight_map: missing; it must be an object"),
        arguments("map null", "{'weight_map':null}", "$.weight_map: must be an object, not null"),
        arguments("map an array", "{'weight_map':['a']}", "must be an object, not an array"),
        arguments("shard a number", map("'a':1"), "$.weight_map.a: must be a string, not 1"),
        arguments("shard null", map("'a':null"), "$.weight_map.a: must be a string, not null"),
        arguments("comment", "{'weight_map':{}} // end", "not valid JSON"),
        arguments("the name twice", map("'a':'A','a':'A'"), "the key a is there twice"),
        arguments("empty shard name", map("'a':''"), "is not the plain name of a .safetensors"),
        arguments(
            "a parent folder", map("'a':'../x.safetensors'"), "the shard \"../x.safetensors\""),
        arguments("the parent itself", map("'a':'..'"), "is not the plain name"),
        arguments("an absolute path", map("'a':'/etc/x.safetensors'"), "is not the plain name"),
        arguments("a subfolder", map("'a':'sub/x.safetensors'"), "is not the plain name"),
        arguments("a dot folder", map("'a':'./x.safetensors'"), "is not the plain name"),
        arguments("a backslash", map("'a':'..\\\\x.safetensors'"), "is not the plain name"),
        arguments("a drive", map("'a':'C:x.safetensors'"), "is not the plain name"),
        arguments("a zero byte", map("'a':'x\\u0000.safetensors'"), "\\u0000"),
        arguments("a line break", map("'a':'x\\n.safetensors'"), "\\u000a"),
        arguments("another kind of file", map("'a':'config.json'"), "is not the plain name"),
        arguments("the suffix alone", map("'a':'.safetensors'"), "is not the plain name"),
        arguments("no such shard", map("'a':'x.safetensors'"), "x.safetensors: no such file"),
        arguments("a folder", map("'a':'dir.safetensors'"), "is a folder, not a file"),
        arguments("a broken shard", map("'a':'broken.safetensors'"), "broken.safetensors: byte 0"),
        arguments(
            "a tensor missing in its shard",
            map("'a':'A','b':'B','c':'A','d':'B'"),
            "$.weight_map.d: the tensor is not in B.safetensors"),
        arguments(
            "a tensor in the other shard",
            map("'a':'A','b':'A','c':'A'"),
            "$.weight_map.b: the tensor is not in A.safetensors"),
        arguments(
            "a tensor not listed",
            map("'a':'A','b':'B'"),
            "A.safetensors: tensor c: not listed in the index"),
        arguments(
            "a tensor in two shards",
            map("'a':'A','b':'B','c':'A','e':'twice'"),
            "twice.safetensors: tensor a: there twice: the index has it in A.safetensors"));
  }

  private static String map(String pairs) {
    String full = pairs.replaceAll("'(A|B|twice)'", "'$1.safetensors'");
    return "{'weight_map':{" + full + "}}";
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badIndexes")
  void refuses(String name, String text, String message) throws IOException {
    shard("A.safetensors", "a", "c");
    shard("B.safetensors", "b");
    shard("twice.safetensors", "e", "a");
    shard("x", "a");
    TestFiles.write(folder.resolve("broken.safetensors"), new byte[3]);
    Files.createDirectory(folder.resolve("dir.safetensors"));
    index(text);
    Throwable e = TestFiles.failure(() -> Checkpoint.open(folder));
    assertTrue(e instanceof InputException, e.toString());
    assertTrue(e.getMessage().contains(message), e.getMessage());
    assertTrue(!e.getMessage().contains("\n"), e.getMessage());
  }
}
