package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.function.Predicate;
import loupe.gemma2.Gemma2;
import loupe.golden.ModelParts;
import loupe.golden.PublishedPolicy;
import loupe.golden.check.Candidate;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.reference.Float64;
import loupe.reference.FloatFormat;
import loupe.reference.NonFiniteException;
import loupe.reference.PortContract;
import loupe.reference.TensorSource;
import loupe.reference.Workers;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import loupe.tests.ports.Dump;
import loupe.tests.ports.HonestPort;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;
import net.jqwik.api.statistics.Statistics;

/** No right program ever fails, whatever it dumped: neither for a bound nor for a bias. */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class HonestDumpTest {
  /** Dumps of everything, and dumps with gaps. */
  enum Names {
    ALL(name -> true),
    LAYERS(name -> name.endsWith("hook_resid_post") || name.equals("hook_logits")),
    LOGITS(name -> name.equals("hook_logits")),
    UNROTATED(name -> !name.contains("rot_")),
    NO_SCORES(name -> !name.contains("scores") && !name.endsWith("pattern")),
    NO_HIDDEN(name -> !name.contains("hook_in") && !name.endsWith("hook_out"));

    private final Predicate<String> wanted;

    Names(Predicate<String> wanted) {
      this.wanted = wanted;
    }
  }

  /**
   * Nothing else than a pass will do, but where right programs are as far apart as their numbers
   * are large: then nothing is decided, and that may not be often.
   */
  private static void assertPasses(
      TinyModel model, int[] ids, TensorSource dump, Candidate candidate) {
    Report report =
        new Grader(model.config(), model.checkpoint(), Workers.of(1)).grade(ids, dump, candidate);
    boolean nothingIsDecided =
        report.tensors().stream()
            .flatMap(grade -> grade.measured().stream())
            .anyMatch(measured -> measured.by().decidesNothing());
    Statistics.label("nothing is decided")
        .collect(nothingIsDecided)
        .coverage(coverage -> coverage.check(true).percentage(p -> p < 12));
    assertEquals(
        nothingIsDecided ? Report.Outcome.UNDECIDABLE : Report.Outcome.PASS,
        report.outcome(),
        () -> report.firstDivergence().toString());
  }

  /** Half of them long: what is off in a frequency, positions multiply. */
  @Provide
  Arbitrary<Tokens> shortAndLong() {
    Arbitrary<Tokens> texts = new Gemma2Domain().texts();
    return Arbitraries.oneOf(texts, texts.filter(text -> text.numbers().size() > 8));
  }

  @Property(tries = 400)
  void whateverItsOrderOfSumsAndRoundings(
      @ForAll TinyModel model,
      @ForAll("shortAndLong") Tokens text,
      @ForAll FloatFormat format,
      @ForAll Names names,
      @ForAll long seed) {
    Candidate candidate = Candidate.anyOrder(format, PortContract.ELEMENTARY_ULP);
    Gemma2 port = model.on(new HonestPort(candidate.contract(), seed));
    int[] ids = text.ids(model.config());

    assertPasses(model, ids, Dump.of(port, ids, names.wanted), candidate);
  }

  @Provide
  Arbitrary<String> policies() {
    return Arbitraries.of(PublishedPolicy.names());
  }

  @Property(tries = 400)
  void whateverPolicyItFollows(
      @ForAll TinyModel model,
      @ForAll Tokens text,
      @ForAll("policies") String policy,
      @ForAll Names names) {
    PublishedPolicy published = PublishedPolicy.of(policy);
    Workers workers = Workers.of(1);
    ModelParts parts = ModelParts.of(model.config(), model.checkpoint(), new Float64(workers));
    Gemma2 port = published.applyTo(parts, workers).model();
    int[] ids = text.ids(model.config());
    TensorSource dump;
    try {
      dump = Dump.of(port, ids, names.wanted);
    } catch (NonFiniteException e) {
      return; // Overflow of float16.
    }

    assertPasses(model, ids, dump, Candidate.of(published, PortContract.ELEMENTARY_ULP));
  }
}
