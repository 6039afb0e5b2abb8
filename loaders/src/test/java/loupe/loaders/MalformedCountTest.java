package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;

/** How many malformed files the tests beside this one hold against the readers. */
class MalformedCountTest {
  private static final List<Stream<Arguments>> TENSORS =
      List.of(
          SafetensorsMalformedTest.frames(),
          SafetensorsMalformedTest.texts(),
          SafetensorsMalformedTest.fields(),
          SafetensorsMalformedTest.shapes(),
          SafetensorsMalformedTest.offsets(),
          CheckpointTest.badIndexes(),
          GgufMalformedTest.frames(),
          GgufMalformedTest.keys(),
          GgufMalformedTest.tensors(),
          NpyMalformedTest.files(),
          NpyMalformedTest.headers(),
          NpzMalformedTest.archives(),
          NpzMalformedTest.members(),
          NpzMalformedTest.deflated());

  private static final List<Stream<Arguments>> TEXTS =
      List.of(
          StrictJsonTest.refused(),
          TokenizerJsonMalformedTest.documents(),
          TokenizerJsonMalformedTest.parts(),
          TokenizerJsonMalformedTest.addedTokens(),
          TokenizerJsonMalformedTest.models(),
          TokenizerModelMalformedTest.otherFiles(),
          TokenizerModelMalformedTest.wire(),
          TokenizerModelMalformedTest.pieces(),
          TokenizerModelMalformedTest.settings(),
          GgufTokenizerTest.malformed());

  @Test
  void overAHundredOfEachKindAreRefusedAndNoneIsThereTwice() {
    assertCount(200, TENSORS);
    assertCount(200, TEXTS);
  }

  private static void assertCount(int least, List<Stream<Arguments>> lists) {
    List<String> all = lists.stream().flatMap(s -> s).map(MalformedCountTest::written).toList();
    assertEquals(all.size(), all.stream().distinct().count());
    assertTrue(all.size() >= least, all.size() + " files");
  }

  private static String written(Arguments file) {
    return String.join(
        " ",
        Arrays.stream(file.get())
            .map(a -> a instanceof byte[] b ? HexFormat.of().formatHex(b) : Objects.toString(a))
            .toList());
  }
}
