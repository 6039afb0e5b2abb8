package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import loupe.reference.Bounded;
import loupe.reference.BoundedTensor;
import loupe.reference.FloatFormat;
import loupe.reference.PortContract;
import loupe.reference.Tensor;
import loupe.reference.Workers;
import loupe.tests.ports.HonestPort;
import loupe.tests.ports.Operation;
import loupe.tests.ports.OperationCase;
import org.junit.jupiter.api.Test;

/** How much wider bounds are than what right programs do: the table of {@code golden/BOUNDS.md}. */
class BoundTightnessTest {
  private static final int CASES = 40;
  private static final int PORTS = 12;
  private static final int WIDTH = 48;

  /** Radius over the largest error of some ports, of the elements of one case; NaN if all exact. */
  private static double ratio(Operation operation, FloatFormat format, long seed) {
    PortContract contract = PortContract.anyOrder(format, PortContract.ELEMENTARY_ULP);
    OperationCase inputs = new OperationCase(format, WIDTH, seed);
    BoundedTensor bounds =
        (BoundedTensor) operation.run(new Bounded(contract, Workers.of(1)), inputs);
    double share = 0;
    for (int port = 0; port < PORTS; port++) {
      Tensor theirs = operation.run(new HonestPort(contract, seed * PORTS + port), inputs);
      for (int i = 0; i < bounds.size(); i++) {
        double radius = bounds.radii()[i];
        double off = Math.abs(theirs.get(i) - bounds.values()[i]);
        share = radius == 0 ? share : Math.max(share, off / radius);
      }
    }
    return share == 0 ? Double.NaN : 1 / share;
  }

  /** The median over cases, and the tightest. */
  private static String cell(Operation operation, FloatFormat format) {
    double[] ratios = new double[CASES];
    for (int seed = 0; seed < CASES; seed++) {
      ratios[seed] = ratio(operation, format, seed);
    }
    double[] sorted = Arrays.stream(ratios).filter(r -> !Double.isNaN(r)).sorted().toArray();
    if (sorted.length == 0) {
      return "equal";
    }
    return String.format(Locale.ROOT, "%.1f (%.1f)", sorted[sorted.length / 2], sorted[0]);
  }

  @Test
  void theTableIsAsPublished() throws IOException {
    StringBuilder table = new StringBuilder("| operation | bf16 | f16 | f32 | f64 |\n");
    table.append("|---|---|---|---|---|\n");
    for (Operation operation : Operation.values()) {
      table.append("| ").append(operation.text());
      for (FloatFormat format : FloatFormat.values()) {
        table.append(" | ").append(cell(operation, format));
      }
      table.append(" |\n");
    }
    Files.writeString(Path.of("target", "bounds-table.md"), table, StandardCharsets.UTF_8);
    String published = Files.readString(Path.of("..", "golden", "BOUNDS.md"));
    assertTrue(published.contains(table), () -> "measured: target/bounds-table.md\n" + table);
  }
}
