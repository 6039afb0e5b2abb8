package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders that SAELens saved, and what it cached of a run; golden/make/dump_saes.py makes them. */
class SaeLensDumpTest {
  @TempDir Path model;

  @BeforeEach
  void copyTheModel() throws IOException {
    Resource.copy("golden/cases/hot/config.json", model);
    Resource.copy("golden/cases/hot/model.safetensors", model);
  }

  private static String file(String name) {
    try {
      return Path.of(SaeLensDumpTest.class.getResource(name).toURI()).toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Invocation check(String dump, String... sae) {
    List<String> words = new ArrayList<>(List.of("check", "--model", model.toString()));
    words.addAll(List.of("--dump", file(dump), "--sae"));
    words.addAll(List.of(sae));
    return Invocation.of(words.toArray(String[]::new));
  }

  private static void assertPasses(Invocation run, String input) {
    assertEquals(0, run.code(), run.err() + run.out());
    assertTrue(run.out().startsWith("pass: 3 tensors compared as f32: 1 bit-equal"), run.out());
    String flat = run.out().replace('\n', ' ');
    assertTrue(flat.contains(" on the dump's own " + input + " "), run.out());
    assertTrue(flat.contains("skipped 1: what the reconstruction lacks of the input"), run.out());
    assertTrue(flat.contains("skipped 1: what the model goes on with"), run.out());
  }

  @Test
  void anSaeOfTheResidualPassesByItsOwnFolder() {
    Invocation run = check("saelens-res.safetensors", file("saelens-res"));
    assertPasses(run, "blocks.2.hook_resid_post.hook_sae_input");
  }

  @Test
  void aTranscoderPassesByItsOwnFolder() {
    Invocation run = check("saelens-transcoder.safetensors", file("saelens-transcoder"));
    assertPasses(run, "blocks.2.hook_mlp_out.hook_sae_input");
  }

  @Test
  void anSaeOfFlattenedHeadsPassesByGemmaScopesParameters() throws IOException {
    String params = Resource.copy("golden/saes/hot-att/params.npz", model).toString();
    Invocation run = check("saelens-att.safetensors", params, "--site", "att", "--layer", "3");
    assertPasses(run, "blocks.3.attn.hook_z.hook_sae_input");
    assertTrue(!run.out().contains("is of an SAE at"), run.out());
  }

  @Test
  void anotherHookThanTheSaesIsTold() throws IOException {
    String params = Resource.copy("golden/saes/hot-att/params.npz", model).toString();
    Invocation run = check("saelens-att.safetensors", params, "--site", "att", "--layer", "2");
    assertTrue(
        run.out()
            .replace('\n', ' ')
            .contains("is of an SAE at blocks.3.attn.hook_z, not at blocks.2.attn.hook_z"),
        run.out());
  }
}
