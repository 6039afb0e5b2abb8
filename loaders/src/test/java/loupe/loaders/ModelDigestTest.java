package loupe.loaders;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ModelDigestTest {
  private static final String HEADER =
      """
      {"large":{"dtype":"U8","shape":[70003],"data_offsets":[0,70003]},
       "ä":{"dtype":"F32","shape":[2,3],"data_offsets":[70003,70027]}}""";

  /** By a program in Python that follows the definition. */
  private static final String DIGEST =
      "1cfc54d1ca663a2e88c1adec7df1be91881b866d37253ea8166a93e5a4f589ec";

  private static final String DIGEST_OF_NOTHING =
      "2f54de62d81298bfafe30750892630974d85cd3a53ae2138d55d455316c1793c";

  private static String digest(byte[] file) {
    return ModelDigest.of(SafetensorsFile.of(ByteBuffer.wrap(file), "f"));
  }

  @Test
  void isWhatTheDefinitionSays() {
    assertEquals(DIGEST, digest(TestFiles.safetensors(HEADER, 70_027)));
    assertEquals(DIGEST_OF_NOTHING, digest(TestFiles.safetensors("{}", 0)));
  }

  @Test
  void isThatOfTheTensorsWhateverTheHeaderSays() {
    String other = HEADER.substring(0, HEADER.length() - 1) + ",\"__metadata__\":{\"a\":\"b\"}}";
    assertEquals(DIGEST, digest(TestFiles.safetensors(other, 70_027)));
  }

  @Test
  void differsForOtherNamesTypesShapesAndElements() {
    for (String[] change :
        new String[][] {{"ä", "ö"}, {"F32", "I32"}, {"[2,3]", "[3,2]"}, {"[2,3]", "[6]"}}) {
      String other = HEADER.replace(change[0], change[1]);
      assertNotEquals(DIGEST, digest(TestFiles.safetensors(other, 70_027)), change[1]);
    }
    byte[] file = TestFiles.safetensors(HEADER, 70_027);
    for (int fromEnd : new int[] {1, 24, 25, 70_027}) {
      byte[] other = Arrays.copyOf(file, file.length);
      other[other.length - fromEnd] ^= 1;
      assertNotEquals(DIGEST, digest(other), fromEnd + " bytes from the end");
    }
  }
}
