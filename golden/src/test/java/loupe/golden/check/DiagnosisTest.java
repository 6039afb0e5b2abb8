package loupe.golden.check;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import loupe.golden.GoldenCase;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.FloatFormat;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.PortContract;
import loupe.reference.Rounded;
import loupe.reference.Rows;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import org.junit.jupiter.api.Test;

/** Dumps of programs with a known bug fail where the bug is, and the bug is named. */
class DiagnosisTest {
  /** What a program with a bug dumps. */
  private static final class Dump implements Hook, TensorSource {
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      tensors.put(name, new HeapTensor(name, value));
      return value;
    }

    @Override
    public boolean watches(String name) {
      return true;
    }

    @Override
    public Set<String> names() {
      return tensors.keySet();
    }

    @Override
    public StoredTensor tensor(String name) {
      return tensors.get(name);
    }

    @Override
    public String origin() {
      return "a dump in memory";
    }
  }

  static Report report(GoldenCase golden, Arithmetic arithmetic, FloatFormat format, Quirk quirk) {
    Dump dump = new Dump();
    ModelParts parts = ModelParts.of(golden.config(), golden.model(), arithmetic);
    quirk
        .applyTo(parts)
        .model()
        .forward(quirk.applyTo(golden.tokenIds(), golden.config().bosId()), dump);
    return new Grader(golden.config(), golden.model(), Workers.of(1))
        .grade(golden.tokenIds(), dump, Candidate.of(format, PortContract.ELEMENTARY_ULP));
  }

  static String kind(String name) {
    return name.startsWith("blocks.") ? name.substring(name.indexOf('.', 7) + 1) : name;
  }

  @Test
  void everyBugIsFoundWhereItIsAndNamed() {
    Workers workers = Workers.of(1);
    List<String> missed = new ArrayList<>();
    int tried = 0;
    for (String format : List.of("f32", "bf16")) {
      Arithmetic arithmetic =
          format.equals("f32")
              ? new Float32(workers)
              : new Rounded(PublishedPolicy.of("bf16-hf").rounding(), workers);
      for (String id : System.getProperty("loupe.diagnosis.cases", "mild").split(",")) {
        GoldenCase golden = GoldenCase.of(id);
        for (Quirk quirk : Zoo.all()) {
          boolean shows = Zoo.killers(quirk.name()).containsKey(id);
          if (!shows || !Set.of(Quirk.Part.MODEL, Quirk.Part.PROMPT).contains(quirk.part())) {
            continue;
          }
          tried++;
          long start = System.nanoTime();
          Report report;
          try {
            report = report(golden, arithmetic, FloatFormat.parse(format), quirk);
          } catch (RuntimeException e) {
            missed.add(format + " " + id + " " + quirk.name() + " " + e);
            continue;
          }
          long ms = (System.nanoTime() - start) / 1000000;
          String first = report.firstDivergence().map(g -> kind(g.name())).orElse("none");
          List<String> named =
              report.diagnosis().stream()
                  .map(d -> d.quirk().name() + String.format(" %.3f %d", d.fit(), d.equal()))
                  .toList();
          boolean right =
              first.equals(quirk.operation())
                  && !named.isEmpty()
                  && report.diagnosis().get(0).quirk().equals(quirk);
          if (!right) {
            missed.add(
                format
                    + " "
                    + id
                    + " "
                    + quirk.name()
                    + " "
                    + report.outcome()
                    + " at "
                    + first
                    + " as "
                    + report.candidate().contract().name()
                    + " "
                    + named
                    + " "
                    + ms
                    + " ms");
          }
        }
      }
    }
    System.out.println(tried + " tried, " + missed.size() + " missed");
    missed.forEach(System.out::println);
    assertEquals(List.of(), missed);
  }
}
