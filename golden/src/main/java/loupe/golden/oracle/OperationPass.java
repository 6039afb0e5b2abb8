package loupe.golden.oracle;

import java.util.List;
import loupe.golden.check.GradedPass;
import loupe.golden.check.TensorJudge;
import loupe.golden.quirk.Quirk;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.PortContract;
import loupe.reference.Tensor;
import loupe.reference.Workers;

/** One operation from its arguments, as a search for bugs runs it. */
final class OperationPass implements GradedPass {
  /** Judges a caller's results. */
  interface Judging {
    /** Shows the judgement to {@code step}, where the caller has such a result. */
    void judge(Result result, BoundedTensor ours, TensorJudge judge, Step step);
  }

  private final String operation;
  private final List<Result> results;
  private final OperationUnderBugs bugs;
  private final Judging judging;
  private final double chance;
  private final Workers workers;

  /**
   * @param chance of a false alarm of bias; 0 if biases are not looked for
   */
  OperationPass(
      String operation,
      List<Result> results,
      OperationUnderBugs bugs,
      Judging judging,
      double chance,
      Workers workers) {
    this.operation = operation;
    this.results = results;
    this.bugs = bugs;
    this.judging = judging;
    this.chance = chance;
    this.workers = workers;
  }

  @Override
  public boolean canShow(Quirk quirk) {
    return Place.admits(operation, quirk);
  }

  @Override
  public int variants(Quirk quirk) {
    return bugs.places() * quirk.variants();
  }

  @Override
  public boolean isScore(String name) {
    return name.equals("scores") || name.equals("capped");
  }

  @Override
  public void run(List<Quirk> quirks, int variant, PortContract contract, Step step) {
    Bounded bounded = GradedPass.bounds(quirks, contract, workers);
    int places = bugs.places();
    List<Tensor> values = bugs.compute(bounded, quirks, variant % places, variant / places);
    TensorJudge judge = new TensorJudge(contract, chance / results.size());
    for (int i = 0; i < values.size(); i++) {
      Tensor value = values.get(i);
      BoundedTensor ours =
          value instanceof BoundedTensor known
              ? known
              : BoundedTensor.exact(value.toDoubles(), value.shape());
      Result result = results.get(i);
      judging.judge(result, step.before(result.name(), ours), judge, step);
    }
  }
}
