package loupe.gemma2;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import loupe.reference.Arithmetic;
import loupe.reference.Hook;
import loupe.reference.InputException;
import loupe.reference.NonFiniteException;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.reference.TensorSource;

/**
 * Gemma 2: token ids in, logits out. The only forward pass there is; what its numbers mean is the
 * {@link Arithmetic}'s business, and whoever wants to see or change an intermediate does so through
 * a {@link Hook}.
 *
 * <p>Sources: "Gemma 2: Improving Open Language Models at a Practical Size", section 2;
 * google/gemma_pytorch, gemma/model.py; Hugging Face transformers,
 * models/gemma2/modeling_gemma2.py. Differs from: none of them, in exact arithmetic.
 */
public final class Gemma2 {
  /** For which rows logits are wanted. */
  public enum LogitRows {
    /** One row of logits for every token. */
    ALL,
    /** One for the last token of each sequence: what generation needs. */
    LAST
  }

  private final Gemma2Config config;
  private final Gemma2Weights weights;
  private final Arithmetic arithmetic;
  private final UnaryOperator<Hook> around;
  private final List<DecoderLayer> layers = new ArrayList<>();
  private final RmsNorm finalNorm;

  /**
   * A model whose weights are read as they are needed.
   *
   * @throws InputException if the weights do not fit the configuration
   */
  public Gemma2(Gemma2Config config, TensorSource checkpoint, Arithmetic arithmetic) {
    this(config, checkpoint, arithmetic, UnaryOperator.identity());
  }

  /**
   * A model that differs from Gemma 2 in what it makes of some intermediates.
   *
   * @param around makes the hook of a forward pass from the one that the caller gives: it may
   *     change values before the caller's hook sees them, and see what that made of them
   */
  public Gemma2(
      Gemma2Config config,
      TensorSource checkpoint,
      Arithmetic arithmetic,
      UnaryOperator<Hook> around) {
    this.config = config;
    this.arithmetic = arithmetic;
    this.around = around;
    this.weights = Gemma2Weights.from(checkpoint, config, arithmetic);
    for (int layer = 0; layer < config.nLayers(); layer++) {
      layers.add(new DecoderLayer(config, layer, weights.layers().get(layer)));
    }
    this.finalNorm = new RmsNorm(weights.finalNorm(), config.rmsNormEps());
  }

  public Gemma2Config config() {
    return config;
  }

  public Gemma2Weights weights() {
    return weights;
  }

  public Arithmetic arithmetic() {
    return arithmetic;
  }

  /** The names of all intermediates, in order. */
  public List<String> hookPoints() {
    return HookPoints.all(config);
  }

  /** An empty cache for one sequence. */
  public KvCache newCache() {
    return new KvCache(config, arithmetic);
  }

  /** Logits {@code [pos, d_vocab]} of one whole sequence, nothing remembered. */
  public Tensor forward(int[] tokenIds, Hook hook) {
    return forward(List.of(new Sequence(tokenIds, newCache())), hook, LogitRows.ALL);
  }

  /**
   * The forward pass over the new tokens of one or more sequences. Each sequence's result is the
   * same bits alone or in a batch, all at once or token by token.
   *
   * @param batch the sequences; their caches take up the new tokens, or are left as they were if
   *     this throws
   * @param hook sees every intermediate
   * @param wanted for which tokens logits are returned; a hook that watches the head sees all rows
   *     all the same
   * @return {@code [rows, d_vocab]}: the wanted rows, sequence by sequence
   * @throws InputException if there is no token, or one is outside the vocabulary
   */
  public Tensor forward(List<Sequence> batch, Hook hook, LogitRows wanted) {
    Rows rows = rowsOf(batch);
    Arithmetic a = arithmetic.forPass();
    Tap tap = new Tap(a, around.apply(hook), rows);
    try {
      Tensor x = a.embedScaled(weights.embedTokens(), rows.tokenIds(), Math.sqrt(config.dModel()));
      x = tap.at(HookPoints.EMBED, x);
      for (int layer = 0; layer < layers.size(); layer++) {
        x = layer(layer, x, batch, tap);
      }
      Tensor logits = logits(x, tap, wanted == LogitRows.LAST ? lastRows(batch) : null);
      batch.forEach(sequence -> sequence.cache().advance(sequence.tokenIds().length));
      a.endPass(logits);
      return logits;
    } catch (RuntimeException | Error e) {
      batch.forEach(sequence -> sequence.cache().rollBack());
      throw e;
    }
  }

  private Tensor layer(int layer, Tensor x, List<Sequence> batch, Tap tap) {
    try {
      return layers.get(layer).forward(x, batch, tap);
    } catch (NonFiniteException e) {
      throw new NonFiniteException("layer " + layer + ": " + e.getMessage());
    }
  }

  /** The head: final norm, unembedding, soft cap. Only for the rows that somebody wants. */
  private Tensor logits(Tensor residual, Tap tap, int[] wantedRows) {
    boolean watched =
        tap.watches(HookPoints.LN_FINAL_NORMALIZED)
            || tap.watches(HookPoints.UNEMBED_IN)
            || tap.watches(HookPoints.LOGITS_RAW)
            || tap.watches(HookPoints.LOGITS);
    Arithmetic a = tap.arithmetic();
    Tensor x = watched ? residual : select(residual, wantedRows);
    Tensor xHat = tap.at(HookPoints.LN_FINAL_NORMALIZED, finalNorm.normalized(a, x));
    Tensor y = tap.at(HookPoints.UNEMBED_IN, finalNorm.gained(a, xHat));
    Tensor raw = tap.at(HookPoints.LOGITS_RAW, a.project(y, weights.unembed()));
    double cap = config.finalSoftcap();
    Tensor logits = tap.at(HookPoints.LOGITS, cap == 0 ? raw : a.softcap(raw, cap));
    return watched ? select(logits, wantedRows) : logits;
  }

  private static Tensor select(Tensor x, int[] rows) {
    if (rows == null) {
      return x;
    }
    List<Tensor> parts = new ArrayList<>();
    for (int row : rows) {
      parts.add(x.rows(row, row + 1));
    }
    return Tensor.concat(parts);
  }

  private static int[] lastRows(List<Sequence> batch) {
    int[] last = new int[batch.size()];
    int end = 0;
    for (int i = 0; i < last.length; i++) {
      end += batch.get(i).tokenIds().length;
      last[i] = end - 1;
    }
    return last;
  }

  private Rows rowsOf(List<Sequence> batch) {
    List<Rows> parts = new ArrayList<>();
    for (Sequence sequence : batch) {
      config.requireTokens(sequence.tokenIds());
      parts.add(Rows.of(sequence.tokenIds(), sequence.cache().length(), parts.size()));
    }
    if (parts.isEmpty()) {
      throw new InputException("there is no sequence to run");
    }
    return Rows.concat(parts);
  }
}
