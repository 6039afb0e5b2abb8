package loupe.sae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CatalogueTest {
  private static final String TINY =
      """
      @ tiny tiny
      res/layer_3/width_1024 132 20! 73
      att/layer_3/width_512 128 25
      res/layer_0/width_512 132 35
      """;
  private static final ModelShape TINY_MODEL = new ModelShape("tiny", 132, 4, 32, 6);
  private static final ModelShape MODEL_2B = new ModelShape("", 2304, 8, 256, 26);

  private final Catalogue catalogue = Catalogue.gemmaScopeAnd(CatalogueText.read(TINY, "list"));

  private static ModelShape model9b(String name) {
    return new ModelShape(name, 3584, 16, 256, 42);
  }

  private static void refused(Runnable resolve, String... parts) {
    InputException e = assertThrows(InputException.class, resolve::run);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), "no '" + part + "' in: " + e.getMessage());
    }
  }

  @Test
  void holdsEveryReleasedSae() {
    Map<String, Integer> listed = new TreeMap<>();
    int canonical = 0;
    int additional = 0;
    for (SaeEntry entry : Catalogue.gemmaScope().entries()) {
      if (entry.standing() == SaeEntry.Standing.ADDITIONAL) {
        additional++;
      } else {
        listed.merge(entry.release(), 1, Integer::sum);
        canonical += entry.standing() == SaeEntry.Standing.CANONICAL ? 1 : 0;
      }
    }
    Map<String, Integer> expected =
        Map.of(
            "gemma-scope-2b-pt-res", 316,
            "gemma-scope-2b-pt-mlp", 260,
            "gemma-scope-2b-pt-att", 260,
            "gemma-scope-2b-pt-transcoders", 26,
            "gemma-scope-9b-pt-res", 536,
            "gemma-scope-9b-pt-mlp", 492,
            "gemma-scope-9b-pt-att", 492,
            "gemma-scope-9b-it-res", 30,
            "gemma-scope-27b-pt-res", 18);
    assertEquals(expected, listed);
    assertEquals(2430, listed.values().stream().mapToInt(Integer::intValue).sum());
    assertEquals(429, canonical);
    assertEquals(52, additional);
  }

  @Test
  void everyEntryIsFoundUnderItsFullIdAndReadOffItsPath() {
    for (SaeEntry entry : catalogue.entries()) {
      assertEquals(entry, catalogue.resolve(entry.id()));
      SaeName name = SaeName.ofPath(entry.file());
      assertEquals(Optional.of(entry.at().site()), name.site(), entry.id());
      assertEquals(entry.at().layer(), name.layer().orElse(Attachment.NO_LAYER), entry.id());
      assertEquals(entry.size().width(), name.width().orElseThrow(), entry.id());
      assertEquals(entry.size().l0(), name.l0().orElseThrow(), entry.id());
    }
  }

  @Test
  void everyCanonicalEntryIsFoundUnderItsShortId() {
    int checked = 0;
    for (SaeEntry entry : catalogue.entries()) {
      if (entry.standing() == SaeEntry.Standing.CANONICAL) {
        String group = entry.id().substring(0, entry.id().lastIndexOf('/'));
        assertEquals(entry, catalogue.resolve(group));
        checked++;
      }
    }
    assertEquals(429, checked);
  }

  @Test
  void widthsFollowTheModel() {
    for (SaeEntry entry : Catalogue.gemmaScope().entries()) {
      int dModel =
          entry.release().contains("-2b-") ? 2304 : entry.release().contains("-9b-") ? 3584 : 4608;
      int heads = entry.release().contains("-2b-") ? 2048 : 4096;
      assertEquals(entry.at().site() == Site.ATT ? heads : dModel, entry.size().dIn(), entry.id());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "google/gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71, average_l0_71",
    "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71/params.npz, average_l0_71",
    "gemma-scope-2b-pt-res-canonical/layer_20/width_16k/canonical, average_l0_71",
    "gemma-scope-2b-pt-res/layer_20/width_16k, average_l0_71",
    "gemma-scope-2b-pt-res/layer_20/width_16384/l0_139, average_l0_139",
    "gemma-2-2b/20-gemmascope-res-16k, average_l0_71",
    "gemma-2-2b/res/layer_20/width_16k, average_l0_71",
    "https://huggingface.co/google/gemma-scope-2b-pt-res/resolve/main/layer_20/width_16k/average_l0_71/params.npz, average_l0_71",
    "https://huggingface.co/google/gemma-scope-2b-pt-res/tree/main/layer_20/width_16k/average_l0_38, average_l0_38",
  })
  void understandsTheUsualSpellings(String id, String end) {
    assertEquals("gemma-scope-2b-pt-res/layer_20/width_16k/" + end, catalogue.resolve(id).id());
  }

  @Test
  void understandsNeuronpediasIds() {
    assertEquals(
        "gemma-scope-2b-pt-res/layer_19/width_1m/average_l0_29",
        catalogue.resolve("gemma-2-2b/19-gemmascope-res-1m__l0-29").id());
    assertEquals(
        "gemma-scope-2b-pt-transcoders/layer_5/width_16k/average_l0_87",
        catalogue.resolve("5-gemmascope-transcoder-16k").id());
    assertEquals(
        "gemma-scope-9b-it-res/layer_31/width_131k/average_l0_109",
        catalogue.resolve("gemma-2-9b-it/31-gemmascope-res-131k").id());
  }

  @Test
  void aShortIdMeansTheDefaultIfThatMatches() {
    for (String id :
        new String[] {"tiny/res/layer_3", "tiny/res/layer_3/width_1024", "tiny", "res/layer_3"}) {
      assertEquals("tiny/res/layer_3/width_1024/average_l0_20", catalogue.resolve(id).id(), id);
    }
    assertEquals(
        "tiny/res/layer_3/width_1024/average_l0_73",
        catalogue.resolve("tiny/res/layer_3/width_1024/average_l0_73").id());
    assertEquals(
        "tiny/att/layer_3/width_512/average_l0_25", catalogue.resolve("tiny/att/layer_3").id());
  }

  @Test
  void aModelNarrowsAShortIdToWhatFitsIt() {
    assertEquals(
        "tiny/att/layer_3/width_512/average_l0_25",
        catalogue.resolve("att/layer_3", TINY_MODEL).id());
    assertEquals(
        "gemma-scope-2b-pt-res/layer_3/width_16k/average_l0_59",
        catalogue.resolve("res/layer_3/width_16k", MODEL_2B).id());
    assertEquals(
        "gemma-scope-2b-pt-att/layer_3/width_65k/average_l0_83",
        catalogue.resolve("att/layer_3/width_65k", MODEL_2B).id());
  }

  @Test
  void aFullIdIsNotNarrowedByTheModel() {
    assertEquals(
        "gemma-scope-9b-pt-res/layer_20/width_16k/average_l0_68",
        catalogue.resolve("gemma-scope-9b-pt-res/layer_20/width_16k", MODEL_2B).id());
  }

  @Test
  void anInstructionTunedModelPrefersItsOwnSaes() {
    String id = "res/layer_20/width_16k";
    assertEquals(
        "gemma-scope-9b-it-res/layer_20/width_16k/average_l0_91",
        catalogue.resolve(id, model9b("google/gemma-2-9b-it")).id());
    assertEquals(
        "gemma-scope-9b-pt-res/layer_20/width_16k/average_l0_68",
        catalogue.resolve(id, model9b("gemma-2-9b")).id());
    refused(
        () -> catalogue.resolve(id, model9b("my-model")),
        "gemma-scope-9b-pt-res/layer_20/width_16k/average_l0_68",
        "gemma-scope-9b-it-res/layer_20/width_16k/average_l0_91");
    assertEquals(
        "gemma-scope-9b-pt-res/layer_5/width_16k/average_l0_77",
        catalogue.resolve("res/layer_5/width_16k", model9b("google/gemma-2-9b-it")).id());
  }

  @Test
  void anUnknownIdIsRefusedWithTheNearest() {
    refused(
        () -> catalogue.resolve("gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_70"),
        "nearest: gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71");
    refused(
        () -> catalogue.resolve("tiny/res/layer_9"),
        "nearest: tiny/res/layer_3/width_1024/average_l0_20");
    refused(() -> catalogue.resolve("gemma-scope-2b-it-res/layer_20"), "there is no SAE");
    refused(
        () -> catalogue.resolve("mlp/layer_3", TINY_MODEL),
        "d_model 132",
        "nearest: tiny/res/layer_3/width_1024/average_l0_20");
    refused(
        () -> catalogue.resolve("res/layer_3", new ModelShape("", 100, 2, 8, 4)), "none is known");
  }

  @Test
  void anAmbiguousIdIsRefusedWithTheMatches() {
    refused(
        () -> catalogue.resolve("gemma-scope-2b-pt-res/layer_20"),
        "gemma-scope-2b-pt-res/layer_20/width_16k/average_l0_71",
        "gemma-scope-2b-pt-res/layer_20/width_65k/average_l0_114");
    refused(
        () -> catalogue.resolve("gemma-scope-2b-pt-transcoders/layer_5/width_16k"),
        "means 3 SAEs",
        "average_l0_87");
    refused(
        () -> catalogue.resolve("gemma-2-2b"), "914 SAEs, 162 of them canonical", "and 154 more");
  }

  @Test
  void saysWhereAFileIsAndFindsIt(@TempDir Path folder) throws IOException {
    SaeEntry entry = catalogue.resolve("gemma-scope-2b-pt-res/layer_20/width_16k");
    assertEquals(
        "https://huggingface.co/google/gemma-scope-2b-pt-res/resolve/main/"
            + "layer_20/width_16k/average_l0_71/params.npz",
        entry.url());
    Path cache = folder.resolve("hub");
    assertEquals(Optional.empty(), entry.find(List.of(folder.resolve("none"), cache)));
    Path cached =
        cache.resolve(
            "models--google--gemma-scope-2b-pt-res/snapshots/ab12/"
                + "layer_20/width_16k/average_l0_71/params.npz");
    Files.createDirectories(cached.getParent());
    Files.createFile(cached);
    assertEquals(Optional.of(cached), entry.find(List.of(folder, cache)));
    Path plain = folder.resolve(entry.file());
    Files.createDirectories(plain.getParent());
    Files.createFile(plain);
    assertEquals(Optional.of(plain), entry.find(List.of(folder, cache)));
  }

  @ParameterizedTest
  @CsvSource({
    "res/layer_3/width_512 132 35, no line",
    "'@ tiny tiny\n\nlayer_3/width_512 132 35', line 3",
    "'@ tiny tiny\nres/layer_3/width_512 x 35', line 2",
    "'@ tiny tiny\nres/layer_3/width_512 132 3x5', line 2",
    "'@ tiny tiny\nres/width_512 132 35', line 2",
    "'@ tiny tiny\nfoo/layer_3/width_512 132 35', line 2",
    "'@ tiny', fewer than 3",
  })
  void refusesAListThatIsNotOfItsForm(String text, String part) {
    MalformedFileException e =
        assertThrows(MalformedFileException.class, () -> CatalogueText.read(text, "list.txt"));
    assertTrue(e.getMessage().contains("list.txt"), e.getMessage());
    assertTrue(e.getMessage().contains(part), e.getMessage());
  }

  @Test
  void refusesAnSaeThatIsThereTwice() {
    List<SaeEntry> entries = CatalogueText.read(TINY + "att/layer_3/width_512 128 25", "list");
    assertThrows(IllegalArgumentException.class, () -> new Catalogue(entries));
  }
}
