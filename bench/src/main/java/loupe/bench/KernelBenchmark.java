package loupe.bench;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import loupe.golden.FormulaWeights;
import loupe.golden.Knobs;
import loupe.reference.DType;
import loupe.reference.Float32;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.DirectTensor;
import loupe.reference.KernelProvider;
import loupe.reference.MachineLimits;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.StoredTensor;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import loupe.reference.Workers;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Each operation of {@link Float32} at a shape of Gemma 2 2B, beside the limits of the machine.
 * Read them as ratios: times of a shared machine say little alone.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(
    value = 1,
    jvmArgsAppend = {
      "--add-modules=jdk.incubator.vector",
      "-XX:+UseG1GC",
      "-XX:G1HeapRegionSize=1m",
      "-XX:PerMethodTrapLimit=1000000",
      "-XX:ProfileMaturityPercentage=1",
      "-Xmx3g"
    })
public class KernelBenchmark {
  private static final int D_MODEL = 2304;
  private static final int D_MLP = 9216;
  private static final int D_SAE = 16384;
  private static final int HEADS = 8;
  private static final int KEY_HEADS = 4;
  private static final int D_HEAD = 256;
  private static final int VOCABULARY = 256_000;

  /** Threads to work with. */
  @Param({"1", "2"})
  public int threads;

  /** Tokens at once: 1 is decode. */
  @Param({"1", "64", "512"})
  public int pos;

  private Workers workers;
  private Float32 float32;
  private MachineLimits limits;
  private Weight gate;
  private Weight down;
  private Weight gain;
  private FloatTensor x;
  private FloatTensor wide;
  private FloatTensor logits;
  private FloatTensor q;
  private RowBuffer keys;
  private Weight encoder;
  private Weight bias;
  private Tensor features;

  /** Makes weights and activations. */
  @Setup
  public void prepare() {
    workers = Workers.of(threads);
    KernelProvider kernels = KernelProvider.choose();
    float32 = new Float32(workers, kernels);
    limits = new MachineLimits(workers, kernels);
    gate = float32.weight(DirectTensor.of(stored("gate", D_MLP, D_MODEL)));
    down = float32.weight(DirectTensor.of(stored("down", D_MODEL, D_MLP)));
    gain = float32.weight(stored("gain", D_MODEL));
    x = random(pos, D_MODEL);
    wide = random(pos, D_MLP);
    logits = random(1, VOCABULARY);
    q = random(pos, HEADS, D_HEAD);
    keys = float32.rowBuffer(KEY_HEADS, D_HEAD);
    keys.append(random(512, KEY_HEADS, D_HEAD));
    encoder = float32.weight(DirectTensor.of(new HeapTensor("W_enc", random(D_MODEL, D_SAE))));
    bias = float32.weight(new HeapTensor("b_enc", random(D_SAE)));
    features = random(pos, D_SAE);
  }

  private static StoredTensor stored(String name, long... shape) {
    return FormulaWeights.tensor(name, DType.BF16, shape, 1, new Knobs.Knob(0, 0.02));
  }

  private static FloatTensor random(int... shape) {
    int size = 1;
    for (int axis : shape) {
      size *= axis;
    }
    Random random = new Random(1);
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new FloatTensor(values, shape);
  }

  /** Ends the threads. */
  @TearDown
  public void close() {
    workers.close();
  }

  /** The limit of arithmetic. */
  @Benchmark
  public double limitFma() {
    return limits.fmaGflops();
  }

  /** The limit of memory. */
  @Benchmark
  public double limitRead() {
    return limits.readGbs();
  }

  /** A product with 2304 inputs and 9216 outputs. */
  @Benchmark
  public Tensor projectGate() {
    return float32.project(x, gate);
  }

  /** A product with 9216 inputs and 2304 outputs. */
  @Benchmark
  public Tensor projectDown() {
    return float32.project(wide, down);
  }

  /** An SAE's pre-activations: 2304 inputs, 16,384 features, F32. */
  @Benchmark
  public Tensor encodeAffine() {
    return float32.affine(x, encoder, bias);
  }

  /** An SAE's features from pre-activations. */
  @Benchmark
  public Tensor jumpRelu() {
    return float32.jumpRelu(features, bias);
  }

  /** RMSNorm before its gain. */
  @Benchmark
  public Tensor normalize() {
    return float32.normalize(x, 1e-6);
  }

  /** The gain of a norm. */
  @Benchmark
  public Tensor gain() {
    return float32.gain(x, gain);
  }

  /** GELU times the other branch. */
  @Benchmark
  public Tensor geglu() {
    return float32.geglu(wide, wide);
  }

  /** Rotary positions. */
  @Benchmark
  public Tensor rotate() {
    int[] positions = new int[pos];
    for (int i = 0; i < pos; i++) {
      positions[i] = i;
    }
    return float32.rotate(q, positions, 10000);
  }

  /** Attention of the last tokens of 512. */
  @Benchmark
  public Tensor attend() {
    return float32.attend(q, keys, keys, new Span(512 - pos, pos, Span.UNLIMITED), 0.0625, 50);
  }

  /** The soft cap of one row of logits. */
  @Benchmark
  public Tensor softcapLogits() {
    return float32.softcap(logits, 30);
  }
}
