package loupe.golden.oracle;

import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.golden.check.BugSearch;
import loupe.golden.check.Candidate;
import loupe.golden.check.Grader;
import loupe.golden.check.Report;
import loupe.golden.check.ReportJson;
import loupe.golden.check.TensorGrade;
import loupe.golden.check.TensorJudge;
import loupe.golden.quirk.Quirk;
import loupe.golden.quirk.Zoo;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.DType;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Span;
import loupe.reference.Tensor;

/** An operation of the model or an SAE alone, in whatever arithmetic the request asks for. */
final class Computation implements Operation.Body {
  /** The formula, in an arithmetic's words: results in the order of the table. */
  interface Tensors {
    List<Tensor> of(Arithmetic a, Arguments in);
  }

  private final String name;
  private final List<Result> results;
  private final Tensors tensors;

  Computation(String name, List<Result> results, Tensors tensors) {
    this.name = name;
    this.results = results;
    this.tensors = tensors;
  }

  @Override
  public JsonObject answer(Operation.Call call) {
    if (call.request().theirs().isPresent()) {
      return verdict(call, theirs(call));
    }
    Arithmetic arithmetic = call.context().arithmetic(call.request());
    List<Tensor> right = tensors.of(arithmetic, call.in());
    List<Tensor> values =
        call.context().quirk().flatMap(bug -> wrong(bug, right, arithmetic, call)).orElse(right);
    JsonObject result = new JsonObject();
    for (int i = 0; i < values.size(); i++) {
      Context.requireFinite(values.get(i), results.get(i).name());
      result.add(results.get(i).name(), TensorJson.write(values.get(i)));
    }
    return result;
  }

  private OperationUnderBugs underBugs(Arguments in) {
    return new OperationUnderBugs(name, results, tensors, in);
  }

  /** What a program with a bug gives, at the first place where it takes effect. */
  private Optional<List<Tensor>> wrong(
      Quirk bug, List<Tensor> right, Arithmetic arithmetic, Operation.Call call) {
    OperationUnderBugs bugs = underBugs(call.in());
    for (int place = 0; place < bugs.places() && Place.admits(name, bug); place++) {
      try {
        List<Tensor> values = bugs.compute(arithmetic, List.of(bug), place, 0);
        for (int i = 0; i < values.size(); i++) {
          if (!Arrays.equals(values.get(i).toDoubles(), right.get(i).toDoubles())) {
            return Optional.of(values);
          }
        }
      } catch (NonFiniteException e) {
        throw e;
      } catch (InputException e) {
        // It is about more than this operation.
      }
    }
    return Optional.empty();
  }

  private Map<String, TensorJson.Given> theirs(Operation.Call call) {
    List<String> names = results.stream().map(Result::name).toList();
    Map<String, TensorJson.Given> theirs = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : call.request().theirs().orElseThrow().entrySet()) {
      if (!names.contains(entry.getKey())) {
        throw new RefusedException(
            ErrorCode.INVALID_ARGUMENT,
            "theirs has the key %s; the result has %s"
                .formatted(entry.getKey(), String.join(", ", names)));
      }
      String place = "theirs." + entry.getKey();
      TensorJson.Given given = call.tensors().read(entry.getValue(), place, shape -> {});
      theirs.put((String) entry.getKey(), given);
    }
    if (theirs.isEmpty()) {
      throw new RefusedException(
          ErrorCode.INVALID_ARGUMENT,
          "theirs is empty: nothing can be judged; give " + String.join(", ", names));
    }
    return theirs;
  }

  /** The first way of computing that explains all; else one that does with a known bug in it. */
  private JsonObject verdict(Operation.Call call, Map<String, TensorJson.Given> theirs) {
    List<DType> dtypes = theirs.values().stream().map(TensorJson.Given::dtype).toList();
    List<Report> failed = new ArrayList<>();
    Report best = null;
    for (Candidate candidate : call.context().candidates(call.request(), dtypes)) {
      Report report = grade(call, candidate, theirs);
      if (report.outcome() != Report.Outcome.FAIL) {
        best = report;
        break;
      }
      failed.add(report);
    }
    JsonObject result = new JsonObject();
    result.add(
        "verdict", ReportJson.document(best == null ? diagnosed(call, theirs, failed) : best));
    return result;
  }

  /**
   * The report under which a bug explains the most; where none does, the one that explains most
   * itself.
   *
   * @param failed the widest way of computing first
   */
  private Report diagnosed(
      Operation.Call call, Map<String, TensorJson.Given> theirs, List<Report> failed) {
    Report closest = Collections.max(failed, Comparator.comparingInt(Report::explained));
    if (!isModest(call)) {
      return closest;
    }
    for (Report report :
        failed.get(0) == closest ? List.of(closest) : List.of(failed.get(0), closest)) {
      Report found =
          report.withDiagnosis(
              new BugSearch(report, pass(call, theirs, report)).search(bug -> true, false));
      if (!found.diagnosis().isEmpty()) {
        return found;
      }
    }
    return closest;
  }

  /** Whether it may be computed again for each bug, and stays within the limits of one request. */
  private static boolean isModest(Operation.Call call) {
    return call.in().multiplications() * Zoo.all().size()
        <= call.context().limits().multiplications();
  }

  private OperationPass pass(
      Operation.Call call, Map<String, TensorJson.Given> theirs, Report report) {
    OperationPass.Judging judging =
        (result, ours, judge, step) -> {
          TensorJson.Given given = theirs.get(result.name());
          if (given != null) {
            step.after(grade(judge, result, ours, given.values(), call.in()));
          }
        };
    return new OperationPass(
        name,
        results,
        underBugs(call.in()),
        judging,
        report.isBiased() ? Grader.FALSE_ALARM : 0,
        call.context().workers());
  }

  private Report grade(
      Operation.Call call, Candidate candidate, Map<String, TensorJson.Given> theirs) {
    Bounded bounded = call.context().bounded(candidate);
    TensorJudge judge = new TensorJudge(candidate.contract(), Grader.FALSE_ALARM / results.size());
    List<Tensor> values = tensors.of(bounded, call.in());
    List<TensorGrade> grades = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      Result result = results.get(i);
      TensorJson.Given given = theirs.get(result.name());
      if (given != null) {
        BoundedTensor ours = (BoundedTensor) values.get(i);
        Context.requireFinite(ours, result.name());
        grades.add(grade(judge, result, ours, given.values(), call.in()));
      }
    }
    return new Report(candidate, grades, List.of());
  }

  private static TensorGrade grade(
      TensorJudge judge, Result result, BoundedTensor ours, Tensor theirs, Arguments in) {
    if (!Arrays.equals(ours.shape(), theirs.shape())) {
      long[] shape = Arrays.stream(theirs.shape()).asLongStream().toArray();
      return TensorGrade.ofOtherShape(result.name(), ours.shape(), shape);
    }
    boolean isScores = result.axes().contains("key") && !result.name().equals("pattern");
    boolean[] counted = isScores ? admitted(ours, in.span()) : null;
    return judge.judge(result.name(), ours, theirs.toDoubles(), counted, null);
  }

  /** Scores that mask and window admit; the others may be anything. */
  private static boolean[] admitted(BoundedTensor scores, Span span) {
    boolean[] counted = new boolean[scores.size()];
    for (int row = 0; row < scores.dim(0) * span.queries(); row++) {
      int r = row % span.queries();
      int from = row * span.keys();
      Arrays.fill(counted, from + span.firstKey(r), from + span.position(r) + 1, true);
    }
    return counted;
  }
}
