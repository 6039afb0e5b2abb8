package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.gemma2.Gemma2;
import loupe.loaders.SafetensorsFile;
import loupe.reference.Float32;
import loupe.reference.HeapTensor;
import loupe.reference.Hooks;
import loupe.reference.StoredTensor;
import loupe.reference.TensorMap;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** Recordings of engines are predicted as well as is published. */
class PolicyAgreementTest {
  /** Recordings that lie beside this test, made by golden/make/policy_recordings.py. */
  private static final Map<String, List<String>> RECORDINGS =
      Map.of(
          "f32", List.of("mild"),
          "f32-hf", List.of("mild"),
          "f16-hf", List.of("mild"),
          "f64-hf", List.of("mild"),
          "bf16-gemma_pytorch", List.of("mild"),
          "bf16-deepmind", List.of("mild", "hot"),
          "tl-folded", List.of("mild"),
          "f32-transformer-lens", List.of("mild"),
          "bf16-transformer-lens", List.of("mild"));

  /** The cases that a policy's engine was run on, in the order of publication. */
  private static List<String> casesOf(String policy) {
    return policy.equals("bf16-hf")
        ? GoldenCase.ids().stream().filter(id -> GoldenCase.of(id).bf16Trace().isPresent()).toList()
        : RECORDINGS.getOrDefault(policy, List.of());
  }

  private static TensorSource recording(String policy, String id) throws IOException {
    if (policy.equals("bf16-hf")) {
      return GoldenCase.of(id).bf16Trace().orElseThrow();
    }
    if (policy.equals("f32")) {
      return float32(GoldenCase.of(id));
    }
    String file = "recordings/" + policy + "." + id + ".safetensors";
    try (InputStream in = PolicyAgreementTest.class.getResourceAsStream(file)) {
      return SafetensorsFile.of(ByteBuffer.wrap(in.readAllBytes()), file);
    }
  }

  /** What Float32 itself gives: the engine of the policy f32. Its bits are defined. */
  private static TensorSource float32(GoldenCase golden) {
    Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    try (Workers workers = Workers.of(1)) {
      Gemma2 model = new Gemma2(golden.config(), golden.model(), new Float32(workers));
      Hooks hooks = new Hooks(model.hookPoints());
      hooks.read("*", (name, value, rows) -> tensors.put(name, new HeapTensor(name, value)));
      model.forward(golden.tokenIds(), hooks);
    }
    return new TensorMap("float32", tensors);
  }

  private static PolicyAgreement.Count measure(String policy, String id, boolean forced)
      throws IOException {
    return PolicyAgreement.total(
        PolicyAgreement.of(
            PublishedPolicy.of(policy), GoldenCase.of(id), recording(policy, id), forced));
  }

  private static String json(PolicyAgreement.Count c) {
    return """
        {"elements": %d, "equal": %d, "within_one_unit": %d, "units": %s, "rel_to_max": %s}"""
        .formatted(c.elements(), c.equal(), c.within(), c.units(), c.relToMax());
  }

  @Test
  void whatIsPublishedIsWhatIsMeasured() throws IOException {
    List<String> policies = new ArrayList<>();
    for (String policy : PublishedPolicy.names()) {
      List<String> cases = new ArrayList<>();
      for (String id : casesOf(policy)) {
        String entry =
            """
                "%s": {
                  "free": %s,
                  "steps": %s
                }"""
                .formatted(id, json(measure(policy, id, false)), json(measure(policy, id, true)));
        cases.add(entry.indent(4).stripTrailing());
      }
      if (!cases.isEmpty()) {
        policies.add("  \"%s\": {\n%s\n  }".formatted(policy, String.join(",\n", cases)));
      }
    }
    String measured = "{\n" + String.join(",\n", policies) + "\n}\n";
    Path copy = Path.of("target", "agreement.json");
    Files.writeString(copy, measured, StandardCharsets.UTF_8);
    assertEquals(measured, Resources.text("policies/agreement.json"), "measured: " + copy);
  }

  @Test
  void policiesThatSayTheirEngineWasRunHaveRecordings() {
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      boolean recorded = policy.evidence() == PublishedPolicy.Evidence.RECORDED;
      assertEquals(recorded, !PublishedAgreement.of(policy.name()).isEmpty(), policy.name());
    }
  }

  @Test
  void huggingFacesBfloat16IsPredictedButForAHandfulOfUnits() {
    List<PublishedAgreement> all = PublishedAgreement.of("bf16-hf");
    assertEquals(3, all.size());
    for (PublishedAgreement one : all) {
      for (PolicyAgreement.Count count : List.of(one.free(), one.steps())) {
        assertEquals(count.elements(), count.within(), one.goldenCase());
        assertTrue(count.elements() - count.equal() <= 2, one.goldenCase());
      }
    }
  }

  @Test
  void anotherPolicyDoesNotPredictIt() throws IOException {
    PolicyAgreement.Count count =
        PolicyAgreement.total(
            PolicyAgreement.of(
                PublishedPolicy.of("bf16-gemma_pytorch"),
                GoldenCase.of("mild"),
                recording("bf16-hf", "mild"),
                true));
    assertTrue(count.within() < count.elements() - 100, count.toString());
  }
}
