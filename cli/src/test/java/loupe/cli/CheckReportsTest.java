package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import loupe.reference.DoubleTensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Element;

class CheckReportsTest {
  private static final String TOKENS = "2,651,600,9,77";
  private static final String ROT_Q = "blocks.0.attn.hook_rot_q";
  private static final String ROT_K = "blocks.0.attn.hook_rot_k";

  @TempDir private static Path folder;
  private static String wrong;
  private static String right;

  @BeforeAll
  static void writeDumps() {
    wrong = trace("wrong.safetensors", "--quirk", "rope-interleaved");
    right = trace("right.safetensors");
  }

  private static String trace(String file, String... more) {
    String out = folder.resolve(file).toString();
    List<String> args =
        new ArrayList<>(
            List.of("trace", "--tokens", TOKENS, "--out", out, "--hooks", "blocks.0.*"));
    args.addAll(List.of(more));
    Invocation run = Invocation.of(args.toArray(String[]::new));
    assertEquals(0, run.code(), run.err());
    return out;
  }

  private static Invocation check(String dump, String... more) {
    List<String> args = new ArrayList<>(List.of("check", "--tokens", TOKENS, "--dump", dump));
    args.addAll(List.of(more));
    return Invocation.of(args.toArray(String[]::new));
  }

  private static String file(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, text);
    return file.toString();
  }

  @Test
  void theMapHasARowForEachOperationAndAColumnForEachLayer() {
    String out = check(wrong).out();
    assertTrue(out.contains("\nlayer                    012345\n"), out);
    assertTrue(out.contains("\nattn.hook_rot_q          #\n"), out);
    assertTrue(out.contains("\nhook_resid_post          =\n"), out);
    assertTrue(out.contains("\n= bit-equal  . inside  ? undecidable  b biased  # outside\n"), out);
  }

  @Test
  void thePageIsWholeAndAsksForNothing() throws IOException {
    Path page = folder.resolve("page.html");
    assertEquals(1, check(wrong, "--html", page.toString()).code());
    String html = Files.readString(page);
    for (String part :
        new String[] {
          "<title>fail: wrong.safetensors</title>",
          "<h2>Where it begins</h2>\n<p>" + ROT_Q + " at [",
          "<li><b>rope-interleaved</b> explains ",
          "<a href=\"#" + ROT_Q + "\"",
          "<tr id=\"" + ROT_Q + "\">",
          "within 4 ulp of f32",
          "prefers-color-scheme: dark"
        }) {
      assertTrue(html.contains(part), part);
    }
    for (String foreign : new String[] {"http:", "https:", "<script", "url(", "@import", "src="}) {
      assertFalse(html.contains(foreign), foreign);
    }
  }

  @Test
  void namesOfADumpCannotBreakThePage() throws IOException {
    String odd = "<b>&\u0001\"";
    Path dump = folder.resolve("odd.safetensors");
    CompareCommandTest.write(
        dump,
        Map.of(
            odd,
            new DoubleTensor(new double[] {1}, 1),
            "hook_embed",
            new DoubleTensor(new double[5 * 132], 5, 132)));
    Path page = folder.resolve("odd.html");
    Path xml = folder.resolve("odd.xml");
    check(dump.toString(), "--html", page.toString(), "--junit", xml.toString());
    assertTrue(Files.readString(page).contains("&lt;b&gt;&amp;\uFFFD&quot;: no tensor"));
    assertTrue(Files.readString(xml).contains("name=\"&lt;b&gt;&amp;\uFFFD&quot;\""));
  }

  @Test
  void everyTensorIsATestCaseOfJunit() throws Exception {
    Path xml = folder.resolve("report.xml");
    Invocation run =
        check(right, "--dump", wrong, "--jsonl", "--dump", "none", "--junit", xml.toString());
    assertEquals(2, run.code());
    Element root =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(xml.toFile())
            .getDocumentElement();
    var suites = root.getElementsByTagName("testsuite");
    assertEquals(3, suites.getLength());
    Element good = (Element) suites.item(0);
    assertEquals(right, good.getAttribute("name"));
    assertEquals("23", good.getAttribute("tests"));
    assertEquals("0", good.getAttribute("failures"));
    Element bad = (Element) suites.item(1);
    assertEquals("2", bad.getAttribute("failures"));
    assertEquals(2, bad.getElementsByTagName("failure").getLength());
    assertEquals("1", ((Element) suites.item(2)).getAttribute("errors"));
  }

  @Test
  void anSaesTensorsAreReportedAsThoseOfTheModel() throws IOException {
    String sae = "tiny/res/layer_3";
    Path rows = folder.resolve("rows.safetensors");
    Path dump = folder.resolve("sae.safetensors");
    String site = "blocks.3.hook_resid_post";
    Invocation.of("trace", "--tokens", "2,9,4,17", "--hooks", site, "--out", rows.toString());
    Invocation encoded =
        Invocation.of(
            "encode",
            "--sae",
            sae,
            "--in",
            rows.toString(),
            "--tensor",
            site,
            "--out",
            dump.toString(),
            "--quirk",
            "sae-threshold-subtracted");
    assertEquals(0, encoded.code(), encoded.err());
    Path page = folder.resolve("sae.html");
    Path xml = folder.resolve("sae.xml");
    Invocation run =
        Invocation.of(
            "check",
            "--dump",
            dump.toString(),
            "--sae",
            sae,
            "--tokens",
            "2,9,4,17",
            "--html",
            page.toString(),
            "--junit",
            xml.toString());
    assertEquals(1, run.code(), run.err());
    String bug = "sae-threshold-subtracted";
    assertTrue(run.out().contains("\nIt looks like " + bug + " (P85): explains the"), run.out());
    assertTrue(run.out().contains("\nlayer           012345\n"), run.out());
    assertTrue(run.out().contains("\nfeatures           #\n"), run.out());
    assertTrue(Files.readString(page).contains("<li><b>" + bug + "</b> explains 1 of 1 "));
    assertTrue(Files.readString(page).contains("<a href=\"#features\""));
    assertTrue(Files.readString(xml).contains(">it looks like " + bug + ": Features are u"));
    Invocation.of(
            "check", "--dump", dump.toString(), "--sae", sae, "--tokens", "2,9", "--which-policy")
        .assertRefused("--which-policy");
  }

  @Test
  void theRankOfPoliciesIsInEveryForm() throws IOException {
    Path page = folder.resolve("policies.html");
    Invocation text = check(right, "--which-policy", "--html", page.toString());
    JsonObject first =
        JsonParser.parseString(check(right, "--which-policy", "--json").out())
            .getAsJsonObject()
            .getAsJsonArray("policies")
            .get(0)
            .getAsJsonObject();
    assertEquals("f32", first.get("policy").getAsString());
    assertTrue(first.get("departs").isJsonNull(), first.toString());
    double percent = Math.floor(1e4 * first.get("fraction").getAsDouble()) / 100;
    String share = String.format(java.util.Locale.ROOT, "%.2f %%", percent);
    assertTrue(text.out().matches("(?s).*\nf32 +" + share + "  -\n.*"), text.out());
    assertTrue(
        Files.readString(page).contains("<tr><td>f32</td><td class=\"number\">" + share + "</td>"));
  }

  @Test
  void knownFailuresDoNotCount() throws IOException {
    String both =
        file("both.txt", "# the port rotates neighbours\n" + ROT_Q + "\n" + ROT_K + " # too\n");
    Invocation run = check(wrong, "--known-failures", both, "--json");
    assertEquals(0, run.code(), run.err());
    JsonObject report = JsonParser.parseString(run.out()).getAsJsonObject();
    assertEquals("fail", report.get("verdict").getAsString());
    assertEquals("{\"listed\":2,\"unlisted\":[]}", report.get("known_failures").toString());
  }

  @Test
  void aFailureThatIsNotListedCounts() throws IOException {
    Invocation run = check(wrong, "--known-failures", file("one.txt", ROT_Q));
    assertEquals(1, run.code(), run.err());
    assertTrue(run.out().contains("known failures: 1 listed, 1 others, first " + ROT_K), run.out());
  }

  @Test
  void aListThatIsOutOfDateIsAnError() throws IOException {
    String passes = file("passes.txt", ROT_Q + "\n" + ROT_K + "\nblocks.0.hook_resid_post\n");
    Invocation run = check(wrong, "--known-failures", passes);
    assertEquals(2, run.code());
    assertTrue(
        run.err().contains("passes.txt: line 3: blocks.0.hook_resid_post is bit-equal now"),
        run.err());
    String absent = file("absent.txt", "blocks.9.hook_resid_post\n");
    assertTrue(check(wrong, "--known-failures", absent).err().contains("was not compared"));
    check(wrong, "--known-failures", file("twice.txt", "a\na\n"));
    String twice = file("twice.txt", ROT_Q + "\n" + ROT_Q + "\n");
    assertTrue(check(wrong, "--known-failures", twice).err().contains("line 2"));
  }

  @Test
  void aReportThatCannotBeWrittenLeavesTheOlderOne() throws IOException {
    String page = file("older.html", "older");
    Invocation run = check("none", "--html", page);
    assertEquals(2, run.code());
    assertEquals("older", Files.readString(Path.of(page)));
    check(right, "--html", folder.resolve("no/where.html").toString()).assertRefused("where.html");
    check(right, "--dump", wrong, "--jsonl", "--html", page).assertRefused("--html");
  }

  private String gguf(String type) {
    String model = folder.resolve("tiny.gguf").toString();
    Invocation convert =
        Invocation.of("convert", "--type", type, "--fold-query-scale", "--out", model);
    assertEquals(0, convert.code(), convert.err());
    return model;
  }

  private Invocation checkPrinted(String name, String model) throws IOException {
    try (InputStream in = CheckReportsTest.class.getResourceAsStream(name)) {
      Files.copy(in, folder.resolve(name));
    }
    return Invocation.of(
        "check", "--model", model, "--dump", folder.resolve(name).toString(), "Four score");
  }

  /** What llama.cpp itself printed of layer 0; golden/make/dumps.py makes the texts. */
  @ParameterizedTest
  @CsvSource({
    "llama.cpp-bf16.txt, bf16, 20 tensors compared as bf16-llama.cpp-flash",
    "llama.cpp-f16-cache.txt, f16, 23 tensors compared as f16-llama.cpp-f16-cache"
  })
  void whatLlamaCppRoundsIsKnown(String name, String type, String verdict) throws IOException {
    Invocation run = checkPrinted(name, gguf(type));
    assertTrue(run.out().startsWith("pass: " + verdict + ":"), run.out());
    assertTrue(!run.out().contains("no tensor of this model is called so"), run.out());
  }

  /** The text was printed by llama.cpp itself; golden/make/dumps.py makes it. */
  @Test
  void whatLlamaCppPrintsIsGraded() throws IOException {
    String model = gguf("f32");
    String name = "llama.cpp-eval-callback.txt";
    Invocation run = checkPrinted(name, model);
    assertEquals(0, run.code(), run.out());
    assertTrue(run.out().startsWith("pass: 47 tensors compared as f32-llama.cpp"), run.out());
    assertTrue(run.out().contains("\nnames: llama.cpp\n"), run.out());
    String dump = folder.resolve(name).toString();
    Invocation asAnother =
        Invocation.of(
            "check", "--model", model, "--dump", dump, "--precision", "f32-hf", "Four score");
    assertEquals(1, asAnother.code(), asAnother.out());
    String hint = "\nIt is right by the policy f32-llama.cpp: --precision f32-llama.cpp\n";
    assertTrue(asAnother.out().contains(hint), asAnother.out());
    assertFalse(asAnother.out().contains("It looks like"), asAnother.out());
    String moved =
        Files.readString(folder.resolve(name))
            .replaceFirst("(sa_out-0 = (?:.*\n){3}.*?)-?\\d+\\.\\d+", "$17.0000");
    Invocation wrongOne =
        Invocation.of("check", "--model", model, "--dump", file("moved.txt", moved), "Four score");
    assertEquals(1, wrongOne.code(), wrongOne.out());
    assertTrue(
        wrongOne.out().contains("first: blocks.0.hook_resid_mid at [0, 0] is 7.0"), wrongOne.out());
  }
}
