package loupe.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import loupe.cli.Measurement.Limit;
import loupe.cli.Measurement.Result;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.KvCache;
import loupe.gemma2.Presets;
import loupe.gemma2.Sequence;
import loupe.golden.GoldenCase;
import loupe.reference.Arithmetic;
import loupe.reference.DoubleTensor;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.FloatTensor;
import loupe.reference.HeapTensor;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.KernelProvider;
import loupe.reference.MachineLimits;
import loupe.reference.RowBuffer;
import loupe.reference.Span;
import loupe.reference.Tensor;
import loupe.reference.Weight;
import loupe.reference.Workers;
import loupe.sae.JumpReluSae;
import loupe.sae.SaeWeights;

/** What {@code loupe bench} measures: shapes of Gemma 2 2B, weights in memory. */
final class Benchmarks {
  private static final int POS = 512;
  private static final int LONG_POS = 4096;
  private static final int D_SAE = 16384;

  /** Enough to be more than any cache holds, and little enough for an ordinary heap. */
  private static final int LAYERS = 2;

  private static final int VOCABULARY = 32768;
  private static final int ACTIVE_FEATURES = 70;
  private static final int BATCH = 4;

  private static final Gemma2Config SHAPE = Presets.of("2b");

  private final Workers workers;
  private final KernelProvider kernels;
  private final Arithmetic float32;
  private final MachineLimits limits;
  private final Consumer<String> progress;
  private final List<Result> results = new ArrayList<>();

  /** On these threads; {@code progress} hears what is measured next. */
  Benchmarks(Workers workers, KernelProvider kernels, Consumer<String> progress) {
    this.workers = workers;
    this.kernels = kernels;
    this.float32 = new Float32(workers, kernels);
    this.limits = new MachineLimits(workers, kernels);
    this.progress = progress;
  }

  /** Everything, which takes about a minute. */
  List<Result> all() {
    products();
    model();
    attention();
    sae();
    scaling();
    float64();
    return results;
  }

  MachineLimits limits() {
    return limits;
  }

  private void speed(String name, Limit limit, double work, Runnable body) {
    progress.accept(name);
    results.add(new Measurement(name, limit, work, body).speed(limits));
  }

  private void products() {
    int in = SHAPE.dModel();
    int out = SHAPE.dMlp();
    FloatTensor x = BenchMemory.activations(POS, in);
    double work = 2.0 * POS * in * out;
    Weight bf16 = float32.weight(BenchMemory.bf16("bf16", out, in));
    speed(
        "product 512x2304x9216, bf16",
        Limit.ARITHMETIC,
        work,
        recycled(float32, a -> () -> a.project(x, bf16)));
    Weight f32 = float32.weight(BenchMemory.f32("f32", out, in));
    speed(
        "product 512x2304x9216, f32",
        Limit.ARITHMETIC,
        work,
        recycled(float32, a -> () -> a.project(x, f32)));
  }

  /** As in a pass, where results go where those before them were. */
  private static Runnable recycled(
      Arithmetic arithmetic, Function<Arithmetic, Supplier<?>> operation) {
    Arithmetic pass = arithmetic.forPass();
    Tensor nothing = new FloatTensor(new float[0], 0);
    Supplier<?> body = operation.apply(pass);
    return () -> {
      body.get();
      pass.recycle(nothing);
    };
  }

  private void model() {
    Gemma2Config c = twoLayers();
    Gemma2 model = new Gemma2(c, BenchMemory.model(c), float32);
    double layer =
        (double) c.dModel()
            * (c.dHead() * (2.0 * c.nHeads() + 2.0 * c.nKvHeads()) + 3.0 * c.dMlp());
    double head = (double) c.dModel() * c.dVocab();
    int[] prompt = new int[POS];
    for (int i = 0; i < POS; i++) {
      prompt[i] = 2 + i;
    }
    speed(
        "prefill of 512 tokens, 2 layers of 2B",
        Limit.ARITHMETIC,
        2 * (POS * LAYERS * layer + head),
        () -> run(model, prompt, model.newCache()));
    KvCache cache = model.newCache();
    run(model, prompt, cache);
    int[] next = {7};
    speed(
        "decode, 2 layers of 2B, bf16",
        Limit.MEMORY,
        Short.BYTES * (LAYERS * layer + head),
        () -> run(model, next, cache));
    List<Sequence> four = new ArrayList<>();
    for (int i = 0; i < BATCH; i++) {
      KvCache own = model.newCache();
      run(model, next, own);
      four.add(new Sequence(next, own));
    }
    speed(
        "decode, " + BATCH + " sequences at once",
        Limit.MEMORY,
        Short.BYTES * (LAYERS * layer + head),
        () -> model.forward(four, Hook.NONE, Gemma2.LogitRows.LAST));
  }

  private static Tensor run(Gemma2 model, int[] ids, KvCache cache) {
    return model.forward(List.of(new Sequence(ids, cache)), Hook.NONE, Gemma2.LogitRows.LAST);
  }

  private static Gemma2Config twoLayers() {
    return new Gemma2Config(
        SHAPE.dModel(),
        LAYERS,
        SHAPE.nHeads(),
        SHAPE.nKvHeads(),
        SHAPE.dHead(),
        SHAPE.dMlp(),
        VOCABULARY,
        SHAPE.queryPreAttnScalar(),
        SHAPE.attnSoftcap(),
        SHAPE.finalSoftcap(),
        SHAPE.slidingWindow(),
        Gemma2Config.alternating(LAYERS),
        SHAPE.ropeTheta(),
        SHAPE.rmsNormEps(),
        SHAPE.maxPositions(),
        SHAPE.bosId(),
        SHAPE.eosIds(),
        true,
        SHAPE.dtype());
  }

  private void attention() {
    int h = SHAPE.dHead();
    FloatTensor q = BenchMemory.activations(LONG_POS, SHAPE.nHeads(), h);
    RowBuffer keys = float32.rowBuffer(SHAPE.nKvHeads(), h);
    keys.append(BenchMemory.activations(LONG_POS, SHAPE.nKvHeads(), h));
    double work = 2.0 * SHAPE.nHeads() * h * LONG_POS * LONG_POS;
    Span all = new Span(0, LONG_POS, Span.UNLIMITED);
    double scale = 1 / Math.sqrt(SHAPE.queryPreAttnScalar());
    speed(
        "attention over 4096 tokens",
        Limit.ARITHMETIC,
        work,
        recycled(float32, a -> () -> a.attend(q, keys, keys, all, scale, SHAPE.attnSoftcap())));
    int window = LONG_POS / 8;
    Span local = new Span(0, LONG_POS, window);
    speed(
        "attention over 4096 tokens, window of 512",
        Limit.ARITHMETIC,
        4.0 * SHAPE.nHeads() * h * (LONG_POS - window / 2.0) * window,
        recycled(float32, a -> () -> a.attend(q, keys, keys, local, scale, SHAPE.attnSoftcap())));
  }

  private void sae() {
    int in = SHAPE.dModel();
    Weight wEnc = float32.weight(BenchMemory.f32("W_enc", in, D_SAE));
    Weight wDec = float32.weight(BenchMemory.f32("W_dec", D_SAE, in));
    Weight bEnc = float32.weight(BenchMemory.f32("b_enc", D_SAE));
    Weight bDec = float32.weight(BenchMemory.f32("b_dec", in));
    Weight threshold =
        float32.weight(new HeapTensor("threshold", new FloatTensor(new float[D_SAE], D_SAE)));
    SaeWeights weights = new SaeWeights(wEnc, bEnc, wDec, bDec, threshold);
    JumpReluSae sae = new JumpReluSae(float32, weights);
    FloatTensor many = BenchMemory.activations(POS, in);
    FloatTensor one = BenchMemory.activations(1, in);
    double size = (double) in * D_SAE;
    speed(
        "SAE encode, 2304x16384, 512 tokens",
        Limit.ARITHMETIC,
        2 * POS * size,
        recycled(float32, a -> () -> new JumpReluSae(a, weights).encode(many)));
    speed("SAE encode, 1 token", Limit.MEMORY, Float.BYTES * size, () -> sae.encode(one));
    float[] active = new float[D_SAE];
    for (int i = 0; i < ACTIVE_FEATURES; i++) {
      active[(i * 229 + 5) % D_SAE] = 1f;
    }
    FloatTensor features = new FloatTensor(active, 1, D_SAE);
    progress.accept("SAE decode");
    results.add(
        new Measurement("SAE decode, 70 active features", Limit.NONE, 1, () -> sae.decode(features))
            .rate("tokens/s"));
  }

  private void scaling() {
    int most = workers.threads();
    FloatTensor x = BenchMemory.activations(POS, SHAPE.dModel());
    String name = "product on " + most + " threads by one thread";
    progress.accept(name);
    double[] ratios = new double[5];
    try (Workers alone = Workers.of(1)) {
      Arithmetic single = new Float32(alone, kernels);
      Weight w = float32.weight(BenchMemory.bf16("bf16", SHAPE.dMlp(), SHAPE.dModel()));
      Weight same = single.weight(w.stored());
      Runnable byAll = recycled(float32, a -> () -> a.project(x, w));
      Runnable byOne = recycled(single, a -> () -> a.project(x, same));
      for (int i = 0; i < 3; i++) {
        byAll.run();
        byOne.run();
      }
      for (int i = 0; i < ratios.length; i++) {
        long start = System.nanoTime();
        byOne.run();
        long middle = System.nanoTime();
        byAll.run();
        ratios[i] = (double) (middle - start) / (System.nanoTime() - middle);
      }
    }
    results.add(new Result(name, Measurement.median(ratios), "times", Double.NaN));
  }

  private void float64() {
    Arithmetic float64 = new Float64(workers);
    int in = 1024;
    DoubleTensor x = new DoubleTensor(new double[128 * in], 128, in);
    Weight w = float64.weight(BenchMemory.bf16("bf16", in, in));
    progress.accept("float64");
    results.add(
        new Measurement(
                "float64 product 128x1024x1024",
                Limit.NONE,
                2.0 * 128 * in * in,
                () -> float64.project(x, w))
            .speed(limits));
    try (Workers alone = Workers.of(1)) {
      GoldenCase golden = GoldenCase.of("mild");
      Gemma2 model = new Gemma2(golden.config(), golden.model(), new Float64(alone));
      int[] ids = Arrays.copyOf(golden.tokenIds(), 8);
      Hook everything = new Hooks(model.hookPoints()).read("*", (name, value, rows) -> {});
      results.add(
          new Measurement(
                  "tiny model, 8 tokens, all hooks, float64, 1 thread",
                  Limit.NONE,
                  1,
                  () -> model.forward(ids, everything))
              .rate("passes/s"));
    }
  }
}
