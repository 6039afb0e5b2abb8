package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.loaders.Tokenizer.Specials;
import loupe.reference.InputException;
import loupe.reference.TensorSource;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Valid files with a few changes: each reader either refuses in one line, or what it gives is in
 * order. It never ends in another way, and never takes memory that the file does not account for.
 *
 * <p>The number of tries is in {@code junit-platform.properties}; {@code
 * -Djqwik.tries.default=60000} makes it a search of a few minutes.
 */
class FuzzTest {
  private static final long MOST_BYTES = 20L << 20;

  /** For hangs; no file here takes milliseconds. */
  private static final Duration LIMIT = Duration.ofSeconds(60);

  /** What is read, and what must be true of it. */
  private interface Reading {
    void run() throws Exception;
  }

  private static void refusesOr(String name, Reading reading) {
    assertTimeoutPreemptively(
        LIMIT,
        () -> {
          long allocated =
              TestFiles.allocated(
                  () -> {
                    try {
                      reading.run();
                    } catch (InputException e) {
                      String message = e.getMessage();
                      assertTrue(message.startsWith(name), message);
                      assertTrue(message.lines().count() == 1, message);
                      assertTrue(message.length() < 500, message);
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  });
          assertTrue(allocated < MOST_BYTES, allocated + " bytes allocated");
        });
  }

  // Tensors.

  private static final byte[] LIBRARY = TestFiles.resource("library.safetensors");

  @Provide
  Arbitrary<byte[]> safetensors() {
    return Mutation.of(
        4,
        LIBRARY,
        TestFiles.resource("dtypes.safetensors"),
        TestFiles.safetensors(
            "{\"a\":{\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[0,3]}}", 3));
  }

  @Property(seed = "771")
  void safetensorsAreRefusedOrFillTheirFile(@ForAll("safetensors") byte[] file) {
    refusesOr(
        "f: ",
        () -> {
          SafetensorsFile source = SafetensorsFile.of(ByteBuffer.wrap(file), "f");
          long bytes = ByteBuffer.wrap(file).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong() + 8;
          for (String name : source.names()) {
            bytes += readWhole(source.tensor(name));
          }
          assertEquals(file.length, bytes);
        });
  }

  /** The number of bytes, after each was read in every way. */
  private static long readWhole(FileTensor tensor) {
    int count = (int) tensor.elementCount();
    TestFiles.bytes(tensor);
    tensor.read(0, new float[count], 0, count);
    TestFiles.doubles(tensor);
    return tensor.byteSize();
  }

  @Provide
  Arbitrary<byte[]> npy() {
    String columns = "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    return Mutation.of(
        3,
        TestFiles.resource("version1.npy"),
        TestFiles.resource("version2.npy"),
        TestFiles.resource("version3.npy"),
        TestFiles.npy(columns, 48));
  }

  @Property(seed = "772")
  void npyIsRefusedOrFillsItsFile(@ForAll("npy") byte[] file) {
    refusesOr(
        "f: ",
        () -> {
          FileTensor tensor = NpyFile.of(ByteBuffer.wrap(file), "f").tensor();
          long bytes = readWhole(tensor);
          String start = new String(file, 0, (int) (file.length - bytes), StandardCharsets.UTF_8);
          assertTrue(start.contains("descr") && start.contains("shape"), start);
        });
  }

  @Provide
  Arbitrary<byte[]> gguf() {
    return Mutation.of(
        4,
        TestFiles.resource("aligned.gguf"),
        new GgufBuilder()
            .alignment(1)
            .string("s", "text")
            .strings("l", "a", "", "b")
            .entry("a", 0, 0, 2, 3)
            .entry("b", 8, 24, 32)
            .entry("c", 30, 58, 2)
            .data(62)
            .build());
  }

  @Property(seed = "779")
  void ggufIsRefusedOrFillsItsFile(@ForAll("gguf") byte[] file) {
    refusesOr(
        "f: ",
        () -> {
          GgufFile source = GgufFile.of(ByteBuffer.wrap(file), "f");
          long bytes = 0;
          for (String name : source.names()) {
            FileTensor tensor = source.tensor(name);
            readWhole(tensor);
            GgmlType type = source.type(name);
            bytes += tensor.elementCount() / type.blockElements() * type.blockBytes();
          }
          assertTrue(bytes <= file.length, bytes + " of " + file.length);
          for (Map.Entry<String, Object> value : source.metadata().values().entrySet()) {
            assertTrue(value.getValue() != null, value.getKey());
          }
        });
  }

  private static final List<byte[]> ARCHIVES =
      List.of(
          TestFiles.resource("zip64.npz"),
          TestFiles.resource("zip64_deflated.npz"),
          TestFiles.resource("streamed.npz"),
          TestFiles.resource("streamed_deflated.npz"));

  private static final Set<String> ARRAYS = arrays();

  private static Set<String> arrays() {
    Set<String> arrays = new HashSet<>();
    for (byte[] archive : ARCHIVES) {
      arrays.addAll(arrays(NpzFile.of(ByteBuffer.wrap(archive), "f")));
    }
    return arrays;
  }

  /** Type, shape and bytes of each array, without its name. */
  private static List<String> arrays(TensorSource source) {
    return TestFiles.contents(source).stream().map(s -> s.substring(s.indexOf(' '))).toList();
  }

  @Provide
  Arbitrary<byte[]> npz() {
    return Mutation.of(3, ARCHIVES.toArray(byte[][]::new));
  }

  @Property(seed = "773")
  void npzIsRefusedOrHoldsTheSameArrays(@ForAll("npz") byte[] file) {
    refusesOr(
        "f: ",
        () -> {
          List<String> seen = arrays(NpzFile.of(ByteBuffer.wrap(file), "f"));
          assertTrue(ARRAYS.containsAll(seen), seen.toString());
        });
  }

  private static final byte[] INDEX =
      "{\"metadata\":{\"total_size\":3},\"weight_map\":{\"a\":\"A.safetensors\",\"b\":\"B.safetensors\"}}"
          .getBytes(StandardCharsets.UTF_8);

  @Provide
  Arbitrary<byte[]> index() {
    return Mutation.of(3, INDEX);
  }

  @Property(seed = "774")
  void indexesAreRefusedOrListTensorsThatAreThere(@ForAll("index") byte[] index) throws Exception {
    Path folder = Files.createTempDirectory("loupe");
    List<String> files = List.of("A.safetensors", "B.safetensors", Checkpoint.INDEX);
    try {
      for (String name : List.of("a", "b")) {
        String header = "{\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
        Path shard = folder.resolve(files.get(name.equals("a") ? 0 : 1));
        TestFiles.write(shard, TestFiles.safetensors(header.formatted(name), 1));
      }
      TestFiles.write(folder.resolve(Checkpoint.INDEX), index);
      refusesOr(
          folder.toString(),
          () -> {
            List<String> seen = TestFiles.contents(Checkpoint.open(folder));
            // An index that lists fewer tensors is in order.
            assertTrue(List.of("a U8 [1] 00", "b U8 [1] 00").containsAll(seen), seen.toString());
          });
    } finally {
      for (String file : files) {
        Files.deleteIfExists(folder.resolve(file));
      }
      Files.delete(folder);
    }
  }

  // Text.

  private static final String CONFIG =
      """
      {"architectures": ["Gemma2ForCausalLM"], "hidden_size": 132, "rms_norm_eps": 1e-06,
       "attn_logit_softcapping": 50.0, "rope_parameters": {"rope_theta": 10000.0, "x": null},
       "layer_types": ["sliding_attention", "full_attention"], "use_cache": true,
       "text": "\\u00e9\\n\\ud83d\\ude00 ▁"}
      """;

  @Provide
  Arbitrary<byte[]> config() {
    return Mutation.of(4, CONFIG.getBytes(StandardCharsets.UTF_8));
  }

  @Property(seed = "775")
  void jsonIsRefusedOrReadsBackFromWhatWasRead(@ForAll("config") byte[] file) {
    refusesOr(
        "f: $",
        () -> {
          Object value = StrictJson.read(new java.io.ByteArrayInputStream(file), "f");
          assertEquals(value, StrictJson.parse(json(value), "written"));
          String text = new String(file, StandardCharsets.UTF_8);
          com.google.gson.JsonParser.parseString(text);
        });
  }

  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> members =
          map.entrySet().stream().map(e -> json(e.getKey()) + ":" + json(e.getValue())).toList();
      return "{" + String.join(",", members) + "}";
    }
    if (value instanceof List<?> list) {
      return "[" + String.join(",", list.stream().map(FuzzTest::json).toList()) + "]";
    }
    if (value instanceof String text) {
      StringBuilder quoted = new StringBuilder("\"");
      text.chars().forEach(c -> quoted.append("\\u%04x".formatted(c)));
      return quoted.append('"').toString();
    }
    return String.valueOf(value);
  }

  // Tokenizers.

  private static final List<String> TEXTS =
      List.of("", "ab ab", "a  b▁<bos><unk>", "\0é\ud83d\ude00\uffff", "bbbbaaaab<0x41>\n\n");

  private static void assertWorks(Tokenizer tokenizer) {
    for (String text : TEXTS) {
      for (Specials specials : Specials.values()) {
        int[] ids = tokenizer.encode(text, tokenizer.bosId().isPresent(), specials);
        for (int id : ids) {
          assertTrue(id >= 0 && id < tokenizer.vocabSize(), "id " + id);
        }
        tokenizer.decode(ids);
      }
    }
    for (int id = 0; id < tokenizer.vocabSize(); id++) {
      assertEquals(id, tokenizer.id(tokenizer.piece(id)).orElseThrow());
    }
  }

  @Provide
  Arbitrary<byte[]> model() {
    ModelBuilder plain = ModelBuilder.withControls().pieces("▁ab", "ab", "a", "b", "▁");
    ModelBuilder full =
        ModelBuilder.withControls()
            .piece("<start_of_turn>", 0, ModelBuilder.USER_DEFINED)
            .piece("\n\n", 0, ModelBuilder.USER_DEFINED)
            .piece("ab", -0.5f, ModelBuilder.UNUSED)
            .bytes()
            .pieces("aab", "▁ab", "a", "b", "▁");
    return Mutation.of(4, plain.build(), full.buildWithFallback());
  }

  @Property(seed = "776")
  void modelsAreRefusedOrWork(@ForAll("model") byte[] file) {
    refusesOr("f.model: ", () -> assertWorks(TokenizerFile.open("f.model", file)));
  }

  @Provide
  Arbitrary<byte[]> tokenizerJson() {
    String pairs =
        TokenizerJsonMalformedTest.HONEST
            .replace("'a b','▁ ab'", "['a','b'],['▁','ab']")
            .replace(
                "'pre_tokenizer':null",
                "'pre_tokenizer':{'type':'Split','pattern':{'String':'b'},"
                    + "'behavior':'Isolated','invert':false}");
    return Mutation.of(
        3,
        TokenizerJsonMalformedTest.bytes(TokenizerJsonMalformedTest.HONEST),
        TokenizerJsonMalformedTest.bytes(pairs));
  }

  @Property(seed = "777")
  void tokenizerJsonIsRefusedOrWorks(@ForAll("tokenizerJson") byte[] file) {
    refusesOr("f.json: ", () -> assertWorks(TokenizerFile.open("f.json", file)));
  }

  @Provide
  Arbitrary<byte[]> ggufVocabulary() {
    return Mutation.of(3, GgufTokenizerTest.without().build());
  }

  @Property(seed = "780")
  void ggufVocabulariesAreRefusedOrWork(@ForAll("ggufVocabulary") byte[] file) {
    refusesOr(
        "f: ",
        () -> GgufFile.of(ByteBuffer.wrap(file), "f").tokenizer().ifPresent(FuzzTest::assertWorks));
  }

  /** A file that is taken for another kind, whatever its name. */
  @Provide
  Arbitrary<byte[]> anything() {
    return Arbitraries.oneOf(
        Arbitraries.bytes().array(byte[].class).ofMaxSize(300),
        safetensors(),
        npz(),
        npy(),
        gguf(),
        model(),
        tokenizerJson());
  }

  @Property(seed = "778")
  void anyReaderRefusesAnyFileOrReadsIt(@ForAll("anything") byte[] file) {
    List<Reading> readings =
        List.of(
            () -> TestFiles.contents(SafetensorsFile.of(ByteBuffer.wrap(file), "f")),
            () -> TestFiles.contents(NpzFile.of(ByteBuffer.wrap(file), "f")),
            () -> TestFiles.contents(NpyFile.of(ByteBuffer.wrap(file), "f")),
            () -> TestFiles.contents(GgufFile.of(ByteBuffer.wrap(file), "f")),
            () -> StrictJson.read(new java.io.ByteArrayInputStream(file), "f"),
            () -> assertWorks(TokenizerFile.open("f", file)),
            () -> assertWorks(TokenizerFile.open("f.json", file)));
    for (Reading reading : readings) {
      refusesOr("f", reading);
    }
  }
}
