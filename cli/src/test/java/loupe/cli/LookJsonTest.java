package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import loupe.golden.EmbeddedModel;
import loupe.golden.GoldenText;
import loupe.golden.Tolerances;
import loupe.reference.StoredTensor;
import loupe.sae.SaeEntry;
import loupe.sae.Site;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The numbers of {@code look}, in the form that other programs read. */
class LookJsonTest {
  private static final String SENTENCE = "Four score and seven years ago";
  private static final int VOCABULARY = 4096;

  private final GoldenText golden = new GoldenText();

  private static JsonObject look(String... args) {
    List<String> all = new ArrayList<>(List.of("look", "--json"));
    all.addAll(List.of(args));
    return Invocation.of(all.toArray(new String[0])).json();
  }

  private static List<JsonObject> objects(JsonObject in, String name) {
    List<JsonObject> objects = new ArrayList<>();
    in.getAsJsonArray(name).forEach(element -> objects.add(element.getAsJsonObject()));
    return objects;
  }

  private static double[] values(StoredTensor tensor, long from, int count) {
    double[] values = new double[count];
    tensor.read(from, values, 0, count);
    return values;
  }

  @Test
  void hasTheFormOfTheContract() {
    JsonObject document = look(SENTENCE);
    assertEquals(Set.of("tokens", "next"), document.keySet());
    int pos = 0;
    for (JsonObject token : objects(document, "tokens")) {
      assertEquals(Set.of("pos", "id", "piece", "features"), token.keySet());
      assertEquals(pos++, token.get("pos").getAsInt());
      for (JsonObject feature : objects(token, "features")) {
        assertEquals(Set.of("sae", "id", "activation", "promotes"), feature.keySet());
        assertEquals("tiny/res/layer_3/width_1024/average_l0_20", feature.get("sae").getAsString());
        for (JsonObject promoted : objects(feature, "promotes")) {
          assertEquals(Set.of("id", "piece", "score"), promoted.keySet());
        }
      }
    }
    assertEquals(
        List.of("<bos>", "F", "our", "▁sc", "ore", "▁and", "▁se", "ven", "▁years", "▁ago"),
        objects(document, "tokens").stream()
            .map(token -> token.get("piece").getAsString())
            .toList());
    List<JsonObject> next = objects(document, "next");
    assertEquals(10, next.size());
    next.forEach(token -> assertEquals(Set.of("id", "piece", "p"), token.keySet()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"float64", "float32"})
  void givesTheFeaturesOfTheGoldens(String arithmetic) {
    List<String> args =
        new ArrayList<>(List.of("--top", "9999", "--arithmetic", arithmetic, golden.text()));
    List<SaeEntry> saes = EmbeddedModel.saes();
    saes.forEach(sae -> args.addAll(List.of("--sae", sae.id())));
    List<JsonObject> tokens = objects(look(args.toArray(new String[0])), "tokens");
    assertEquals(golden.tokenIds().length, tokens.size());
    for (SaeEntry sae : saes) {
      double tolerance =
          arithmetic.equals("float64")
              ? Tolerances.float64(golden.agreement())
              : Tolerances.float32(golden.noise().get(sae.at().input()).f32Max());
      StoredTensor truth = golden.features().tensor(sae.path() + "/features");
      double[] all = values(truth, 0, (int) truth.elementCount());
      double max = IntStream.range(0, all.length).mapToDouble(i -> all[i]).max().orElseThrow();
      int width = (int) truth.shape()[1];
      for (int pos = 0; pos < tokens.size(); pos++) {
        assertEquals(golden.tokenIds()[pos], tokens.get(pos).get("id").getAsInt());
        assertFeatures(
            values(truth, (long) pos * width, width), tokens.get(pos), sae.id(), tolerance * max);
      }
    }
  }

  private static void assertFeatures(
      double[] truth, JsonObject token, String sae, double tolerance) {
    double before = Double.POSITIVE_INFINITY;
    Set<Integer> active =
        IntStream.range(0, truth.length)
            .filter(f -> truth[f] > 0)
            .boxed()
            .collect(Collectors.toSet());
    for (JsonObject feature : objects(token, "features")) {
      if (feature.get("sae").getAsString().equals(sae)) {
        int id = feature.get("id").getAsInt();
        double activation = feature.get("activation").getAsDouble();
        assertTrue(active.remove(id), sae + " feature " + id);
        assertEquals(truth[id], activation, tolerance, sae + " feature " + id);
        assertTrue(activation <= before, "strongest first");
        before = activation;
      }
    }
    assertEquals(Set.of(), active, sae);
  }

  @Test
  void showsTheStrongestFeaturesOnly() {
    List<JsonObject> all = objects(look("--top", "9999", SENTENCE), "tokens");
    for (int top : new int[] {0, 1, 4}) {
      List<JsonObject> some = objects(look("--top", String.valueOf(top), SENTENCE), "tokens");
      for (int pos = 0; pos < all.size(); pos++) {
        List<JsonObject> expected = objects(all.get(pos), "features");
        assertEquals(
            expected.subList(0, Math.min(top, expected.size())),
            objects(some.get(pos), "features"));
      }
    }
    assertEquals(look("--top", "3", SENTENCE), look(SENTENCE));
  }

  @Test
  void asksOneSaeAfterTheOther() {
    JsonObject res = look("--sae", "tiny/res/layer_0", SENTENCE);
    JsonObject mlp = look("--sae", "tiny/mlp/layer_3", SENTENCE);
    JsonObject both = look("--sae", "tiny/mlp/layer_3", "--sae", "tiny/res/layer_0", SENTENCE);
    for (int pos = 0; pos < 10; pos++) {
      JsonArray expected = features(mlp, pos);
      expected.addAll(features(res, pos));
      assertEquals(expected, features(both, pos));
    }
    assertEquals(res.get("next"), both.get("next"));
  }

  private static JsonArray features(JsonObject document, int pos) {
    JsonObject token = document.getAsJsonArray("tokens").get(pos).getAsJsonObject();
    return token.getAsJsonArray("features").deepCopy();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tiny/res/layer_3", "tiny/mlp/layer_3", "tiny/att/layer_3", "tiny/transcoder"})
  void promotesWhatTheDirectionRaisesMost(String sae) {
    JsonObject document =
        look("--sae", sae, "--top", "2", "--arithmetic", "float64", "Call me Ishmael");
    SaeEntry entry = null;
    for (JsonObject token : objects(document, "tokens")) {
      for (JsonObject feature : objects(token, "features")) {
        entry = entry(feature.get("sae").getAsString());
        assertPromoted(scores(entry, feature.get("id").getAsInt()), feature);
      }
    }
    assertTrue(entry != null && entry.id().startsWith(sae));
  }

  private static SaeEntry entry(String id) {
    return EmbeddedModel.saes().stream().filter(e -> e.id().equals(id)).findFirst().orElseThrow();
  }

  private static void assertPromoted(double[] scores, JsonObject feature) {
    List<Integer> best =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((a, b) -> Double.compare(scores[b], scores[a]))
            .limit(5)
            .toList();
    List<JsonObject> promoted = objects(feature, "promotes");
    assertEquals(best, promoted.stream().map(token -> token.get("id").getAsInt()).toList());
    for (JsonObject token : promoted) {
      double score = scores[token.get("id").getAsInt()];
      assertEquals(score, token.get("score").getAsDouble(), 1e-12 * Math.abs(score) + 1e-14);
    }
  }

  /** W_dec[feature], through W_O where the SAE is of the heads' outputs, times each embedding. */
  private static double[] scores(SaeEntry sae, int feature) {
    StoredTensor decoder = EmbeddedModel.saeParameters(sae).tensor("W_dec");
    int dOut = (int) decoder.shape()[1];
    double[] direction = values(decoder, (long) feature * dOut, dOut);
    if (sae.at().site() == Site.ATT) {
      String name = "model.layers." + sae.at().layer() + ".self_attn.o_proj.weight";
      direction = product(EmbeddedModel.weights().tensor(name), direction);
    }
    return product(EmbeddedModel.weights().tensor("model.embed_tokens.weight"), direction);
  }

  private static double[] product(StoredTensor matrix, double[] x) {
    double[] result = new double[(int) matrix.shape()[0]];
    for (int row = 0; row < result.length; row++) {
      double[] weights = values(matrix, (long) row * x.length, x.length);
      for (int k = 0; k < x.length; k++) {
        result[row] += weights[k] * x[k];
      }
    }
    return result;
  }

  @Test
  void expectsNextWhatTheGoldenLogitsSay() {
    StoredTensor logits = golden.trace().tensor("hook_logits");
    double[] last = values(logits, logits.elementCount() - VOCABULARY, VOCABULARY);
    double sum = 0;
    for (double logit : last) {
      sum += StrictMath.exp(logit);
    }
    double total = sum;
    List<Integer> best =
        IntStream.range(0, VOCABULARY)
            .boxed()
            .sorted((a, b) -> Double.compare(last[b], last[a]))
            .limit(10)
            .toList();
    List<JsonObject> next = objects(look("--arithmetic", "f64", golden.text()), "next");
    assertEquals(best, next.stream().map(token -> token.get("id").getAsInt()).toList());
    for (JsonObject token : next) {
      double p = StrictMath.exp(last[token.get("id").getAsInt()]) / total;
      assertEquals(p, token.get("p").getAsDouble(), 1e-11);
    }
  }

  @Test
  void readsBosLikeAnyOtherTokenAndAddsItToTextsOnly() {
    JsonObject text = look("Call me Ishmael");
    assertEquals(text, look("--tokens", "2,4059,405,416,3583"));
    assertTrue(!features(text, 0).isEmpty(), "<bos> has features too");
    List<JsonObject> without = objects(look("--tokens", "4059,405"), "tokens");
    assertEquals(4059, without.get(0).get("id").getAsInt());
    assertEquals(2, without.size());
    List<JsonObject> empty = objects(look(""), "tokens");
    assertEquals(1, empty.size());
    assertEquals(2, empty.get(0).get("id").getAsInt());
  }

  @ParameterizedTest
  @ValueSource(strings = {"float32", "float64"})
  void givesTheSameBytesForAnyChunkAndThreads(String arithmetic) {
    String[] args = {"look", "--json", "--arithmetic", arithmetic, golden.text()};
    String expected = Invocation.of(args).result();
    for (String option :
        List.of("--chunk 1", "--chunk 7", "--chunk 512", "--threads 1", "--threads 7")) {
      List<String> more = new ArrayList<>(List.of(args));
      more.addAll(1, List.of(option.split(" ")));
      assertEquals(expected, Invocation.of(more.toArray(new String[0])).result(), option);
    }
  }

  @Test
  void givesTheSameBytesByScalarAndVectorKernels() {
    String[] args = {"look", "--json", golden.text()};
    String expected = Invocation.of(args).result();
    for (String kernels : List.of("scalar", "vector")) {
      Map<String, String> environment = Map.of("LOUPE_KERNELS", kernels);
      assertEquals(
          expected, Invocation.of(environment, new byte[0], Commands.ALL, args).result(), kernels);
    }
  }

  @Test
  void writesNoMoreDigitsThanTheArithmeticHas() {
    for (JsonElement token : look(SENTENCE).getAsJsonArray("tokens")) {
      for (JsonObject feature : objects(token.getAsJsonObject(), "features")) {
        String activation = feature.get("activation").getAsString();
        assertEquals(Float.toString(Float.parseFloat(activation)), activation);
      }
    }
  }
}
