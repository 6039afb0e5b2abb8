package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A folder of raw float32 files that Jlama 0.8.4 wrote; golden/make/jlama makes it. */
class JlamaDumpTest {
  @TempDir Path folder;

  private static String file(String name) throws URISyntaxException {
    return Path.of(JlamaDumpTest.class.getResource("jlama/" + name).toURI()).toString();
  }

  @Test
  void itsRoundingsAreKnownAndItsMissingWindowIsFound() throws URISyntaxException {
    String model = folder.resolve("model").toString();
    String[] synth = {
      "synth", "--config", file("config.json"), "--knobs", file("knobs.json"), "--out", model
    };
    Invocation made = Invocation.of(synth);
    assertEquals(0, made.code(), made.err());
    Invocation run =
        Invocation.of("check", "--model", model, "--dump", file("dump"), "--tokens", "2,5,7,9,11");
    assertEquals(1, run.code(), run.err() + run.out());
    assertTrue(run.out().startsWith("fail: 12 tensors compared as bf16-jlama: "), run.out());
    assertTrue(run.out().contains(" 1 outside\nfirst: blocks.0.attn.hook_z at [4, "), run.out());
    assertTrue(run.out().contains("\nIt looks like window-on-no-layer (P37): "), run.out());
    assertTrue(run.out().contains("\nskipped 1: the keys of one position"), run.out());
  }
}
