package loupe.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import loupe.loaders.SafetensorsWriter;
import loupe.reference.DoubleTensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
  @TempDir private Path folder;
  private String a;
  private String b;

  /** Writes an F64 safetensors file. */
  static Path write(Path file, Map<String, DoubleTensor> tensors) {
    List<SafetensorsWriter.Entry> entries = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> {
          long[] shape = new long[tensor.rank()];
          for (int axis = 0; axis < shape.length; axis++) {
            shape[axis] = tensor.dim(axis);
          }
          entries.add(new SafetensorsWriter.Entry(name, tensor.dtype(), shape));
        });
    try (SafetensorsWriter writer = SafetensorsWriter.create(file, entries, Map.of())) {
      tensors.forEach((name, tensor) -> writer.write(name, 0, tensor));
      writer.commit();
    }
    return file;
  }

  private String file(String name, Map<String, DoubleTensor> tensors) {
    return write(folder.resolve(name), new LinkedHashMap<>(tensors)).toString();
  }

  private static DoubleTensor tensor(double[] values, int... shape) {
    return new DoubleTensor(values, shape);
  }

  @BeforeEach
  void writeTwoTraces() {
    a =
        file(
            "a",
            Map.of(
                "equal", tensor(new double[] {1, 2}, 2),
                "near", tensor(new double[] {0, 1, 2, 8}, 2, 2),
                "shape", tensor(new double[] {1}, 1),
                "only a", tensor(new double[] {1}, 1)));
    b =
        file(
            "b",
            Map.of(
                "equal", tensor(new double[] {1, 2}, 2),
                "near", tensor(new double[] {0, 1, 3, 8}, 2, 2),
                "shape", tensor(new double[] {1, 2}, 2),
                "only b", tensor(new double[] {1}, 1)));
  }

  @Test
  void printsEachTensorAsJson() {
    Invocation run = Invocation.of("compare", "--json", a, b);
    assertEquals(0, run.code());
    assertEquals("", run.err());
    for (String part :
        new String[] {
          "{\"name\":\"equal\",\"max_abs\":0.0,\"rel_to_max\":0.0,\"worst_index\":[0]}",
          "{\"name\":\"near\",\"max_abs\":1.0,\"rel_to_max\":0.125,\"worst_index\":[1,0]}",
          "{\"name\":\"shape\",\"max_abs\":null,\"rel_to_max\":null,\"worst_index\":null}",
          "{\"name\":\"only a\",\"in\":\"B\"}",
          "{\"name\":\"only b\",\"in\":\"A\"}"
        }) {
      assertTrue(run.out().contains(part), part + " in " + run.out());
    }
    assertTrue(run.out().startsWith("{\"tensors\":["), run.out());
  }

  @Test
  void judgesOnlyWhereAToleranceIsGiven() {
    String c = file("c", Map.of("near", tensor(new double[] {0, 1, 2, 8}, 2, 2)));
    assertEquals(0, Invocation.of("compare", a, b).code());
    assertEquals(0, Invocation.of("compare", "--tolerance", "0", a, c).code());
    assertEquals(0, Invocation.of("compare", "--tolerance", "0.125", c, b).code());
    assertEquals(1, Invocation.of("compare", "--tolerance", "0.12", c, b).code());
    assertEquals(1, Invocation.of("compare", "--json", "--tolerance", "0.12", c, b).code());
    // Another shape is beyond any tolerance.
    assertEquals(1, Invocation.of("compare", "--tolerance", "1e9", a, b).code());
  }

  @Test
  void writesWhatJsonHasNoNumberForAsText() {
    String c = file("c", Map.of("near", tensor(new double[] {0, Double.NaN, 2, 8}, 2, 2)));
    String d = file("d", Map.of("near", tensor(new double[4], 2, 2)));
    Invocation run = Invocation.of("compare", "--json", "--tolerance", "1e9", a, c);
    assertEquals(1, run.code());
    assertTrue(run.out().contains("\"max_abs\":\"NaN\",\"rel_to_max\":\"NaN\""), run.out());
    assertTrue(
        Invocation.of("compare", "--json", d, a).out().contains("\"rel_to_max\":\"Infinity\""));
  }

  @Test
  void showsPeopleTheWorstFirst() {
    String c =
        file(
            "c",
            Map.of(
                "equal", tensor(new double[] {1, 2.5}, 2),
                "near", tensor(new double[] {0, 1, 3, 8}, 2, 2),
                "shape", tensor(new double[] {1}, 1)));
    Invocation run = Invocation.of("compare", "--tolerance", "0.2", a, c);
    assertEquals(
        """
        3 tensors compared, 1 of them equal, 1 only in one file
        bad: 1 beyond 0.2, in the order of A first equal

        of max|A|  max|B-A|  tensor  worst at
         2.50e-01  5.00e-01  equal   [1]
         1.25e-01  1.00e+00  near    [1, 0]
                0         0  shape

        not in B: only a
        """,
        run.out().replace("\r\n", "\n"));
    assertTrue(Invocation.of("compare", a, b).out().contains("another shape"));
  }

  @Test
  void saysInOneLineThatAllIsWell() {
    assertEquals(
        "4 tensors compared, 4 of them equal, 0 only in one file\ngood: all within 0.0\n",
        Invocation.of("compare", a, a, "--tolerance", "0").out().replace("\r\n", "\n"));
  }

  @Test
  void listsTheWorstTwentyUnlessAllAreWanted() {
    Map<String, DoubleTensor> one = new LinkedHashMap<>();
    Map<String, DoubleTensor> other = new LinkedHashMap<>();
    for (int i = 0; i < 25; i++) {
      one.put("t" + i, tensor(new double[] {1}, 1));
      other.put("t" + i, tensor(new double[] {2 + i}, 1));
    }
    String left = file("left", one);
    String right = file("right", other);
    String some = Invocation.of("compare", left, right).out();
    assertTrue(some.contains(" t24 ") && some.contains(" t5 ") && !some.contains(" t4 "), some);
    assertTrue(some.contains("and 5 more, none worse; --all lists them"), some);
    assertTrue(Invocation.of("compare", "--all", left, right).out().contains(" t0 "));
  }

  @Test
  void refusesWhatCannotBeCompared() throws IOException {
    String other = file("other", Map.of("x", tensor(new double[] {1}, 1)));
    Invocation.of("compare", a, other).assertRefused("no tensor name in common", a, other);
    String gone = folder.resolve("gone").toString();
    Invocation.of("compare", a, gone).assertRefused(gone, "no such file");
    Path broken = Files.write(folder.resolve("broken"), new byte[] {9, 0, 0, 0, 0, 0, 0, 0, '{'});
    Invocation.of("compare", broken.toString(), a).assertRefused(broken.toString());
    Invocation.of("compare", a).assertRefused("B", "--help");
    Invocation.of("compare", a, b, "--tolerance", "-1").assertRefused("--tolerance");
    Invocation.of("compare", a, b, "--tolerance", "NaN").assertRefused("--tolerance");
    Invocation.of("compare", a, b, "--tolerance", "x").assertRefused("--tolerance");
  }
}
