package loupe.golden.oracle;

import static loupe.golden.oracle.Operation.computed;
import static loupe.golden.oracle.Parameter.activation;
import static loupe.golden.oracle.Parameter.weight;
import static loupe.golden.oracle.Result.tensor;

import java.util.List;
import loupe.reference.Arithmetic;
import loupe.reference.RowBuffer;
import loupe.reference.Tensor;

/**
 * The operations of the forward pass, each alone: a line of the table says in which words of an
 * {@link Arithmetic} it is put.
 */
final class ModelOperations {
  private static final String D = "d_model";
  private static final String ANY = Parameter.ANY;

  private static final Parameter SCALE =
      Parameter.above(0, "scale", "what scores are multiplied by: query_pre_attn_scalar^(-1/2)");
  private static final Parameter CAP = Parameter.above(0, "cap", "the soft cap");
  private static final Parameter EPS =
      Parameter.above(0, "eps", "added to the mean square, inside the root");
  private static final Parameter WINDOW =
      Parameter.atLeast(1, "window", "keys that a query sees, its own included; left out for all")
          .optional();
  private static final Parameter Q =
      activation("q", "rotated queries, the last of all positions", "query", "head", "d_head");
  private static final Parameter K =
      activation("k", "rotated keys of all positions", "key", "head_kv", "d_head");
  private static final Parameter V =
      activation("v", "values of all positions", "key", "head_kv", "d_head");
  private static final Parameter SCORES =
      activation(
          "scores", "capped scores; excluded ones are not looked at", "head", "query", "key");

  static final List<Operation> OPERATIONS =
      List.of(
          computed(
              "embed",
              "The scaled embedding: hook_embed.",
              "y[i] = table[ids[i]] * scale",
              List.of(
                  weight("table", "embed_tokens", "d_vocab", D),
                  Parameter.ids("ids", "token ids", "pos"),
                  Parameter.above(0, "scale", "the factor; sqrt(d_model) if left out").optional()),
              List.of(tensor("y", "scaled rows", "pos", D)),
              (a, in) -> List.of(embed(a, in))),
          computed(
              "rms_normalize",
              "RMSNorm before its gain: hook_normalized.",
              "y[i] = x[i] / sqrt(mean_k(x[i,k]^2) + eps)",
              List.of(activation("x", "rows", "pos", D), EPS),
              List.of(tensor("y", "normalised rows", "pos", D)),
              (a, in) -> List.of(a.normalize(in.activation(a, "x"), in.number("eps")))),
          computed(
              "rms_gain",
              "The gain of Gemma's RMSNorm, whose weight is stored around 0.",
              "y[i,k] = x[i,k] * (1 + weight[k])",
              List.of(activation("x", "normalised rows", "pos", D), weight("weight", "w", D)),
              List.of(tensor("y", "rows after the gain", "pos", D)),
              (a, in) -> List.of(a.gain(in.activation(a, "x"), in.weight(a, "weight")))),
          computed(
              "rms_norm",
              "RMSNorm with its gain, as one step.",
              "y[i,k] = x[i,k] / sqrt(mean_k(x[i,k]^2) + eps) * (1 + weight[k])",
              List.of(activation("x", "rows", "pos", D), weight("weight", "w", D), EPS),
              List.of(tensor("y", "rows after norm and gain", "pos", D)),
              (a, in) ->
                  List.of(
                      a.gain(
                          a.normalize(in.activation(a, "x"), in.number("eps")),
                          in.weight(a, "weight")))),
          computed(
              "linear",
              "A projection: q, k, v, o, gate, up, down, and the unembedding.",
              "y[i,o] = sum_k x[i,k] * weight[o,k]",
              List.of(
                  activation("x", "rows", "pos", "d_in"),
                  weight("weight", "as checkpoints store it", "d_out", "d_in")),
              List.of(tensor("y", "products", "pos", "d_out")),
              (a, in) -> List.of(a.project(in.activation(a, "x"), in.weight(a, "weight")))),
          computed(
              "rope",
              "Rotary position embedding: hook_rot_q, hook_rot_k.",
              "with h = d_head/2, t = positions[i] * theta^(-p/h), p < h: "
                  + "y[p] = x[p] cos t - x[p+h] sin t, y[p+h] = x[p+h] cos t + x[p] sin t",
              List.of(
                  activation("x", "queries or keys; d_head is even", "pos", "head", "d_head"),
                  Parameter.ids("positions", "absolute position of each row", "pos"),
                  Parameter.above(0, "theta", "rope_theta")),
              List.of(tensor("y", "rotated", "pos", "head", "d_head")),
              (a, in) -> List.of(rope(a, in))),
          computed(
              "scores",
              "Scaled attention scores before the cap: hook_scores_raw.",
              "scores[n,i,j] = scale * sum_d q[i,n,d] * k[j,n/group,d], group = head/head_kv; "
                  + "query i stands at position key - query + i",
              List.of(Q, K, SCALE, WINDOW),
              List.of(tensor("scores", "0 where excluded", "head", "query", "key")),
              (a, in) -> List.of(scores(a, in))),
          computed(
              "softcap",
              "The soft cap of scores and of logits.",
              "y = cap * tanh(x / cap)",
              List.of(activation("x", "any shape", ANY), CAP),
              List.of(tensor("y", "capped", ANY)),
              (a, in) -> List.of(capped(a, in.activation(a, "x"), in))),
          computed(
              "softmax",
              "Causal mask, window and softmax: hook_pattern.",
              "pattern[n,i,j] = exp(scores[n,i,j]) / sum_j' exp(scores[n,i,j']) over keys j' with "
                  + "j' <= p and p - j' < window, where p = key - query + i; 0 elsewhere",
              List.of(SCORES, WINDOW),
              List.of(tensor("pattern", "0 where excluded", "head", "query", "key")),
              (a, in) -> List.of(a.softmax(in.activation(a, "scores"), in.span()))),
          computed(
              "mix",
              "Values mixed by the pattern: hook_z.",
              "z[i,n] = sum_j pattern[n,i,j] * v[j,n/group], group = head/head_kv",
              List.of(activation("pattern", "0 where excluded", "head", "query", "key"), V, WINDOW),
              List.of(tensor("z", "mixed values", "query", "head", "d_head")),
              (a, in) -> List.of(a.mix(in.activation(a, "pattern"), rows(a, in, "v"), in.span()))),
          computed(
              "attention",
              "Scores, soft cap, mask, softmax and mix in a row.",
              "the operations scores, softcap, softmax and mix, in this order",
              List.of(
                  Q,
                  K,
                  V,
                  SCALE,
                  Parameter.above(0, "cap", "the soft cap; left out for none").optional(),
                  WINDOW),
              List.of(
                  tensor("scores", "before the cap", "head", "query", "key"),
                  tensor("capped", "after the cap", "head", "query", "key"),
                  tensor("pattern", "0 where excluded", "head", "query", "key"),
                  tensor("z", "mixed values", "query", "head", "d_head")),
              ModelOperations::attention),
          computed(
              "gelu_tanh",
              "GELU in its tanh form.",
              "y = x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3)))",
              List.of(activation("x", "any shape", ANY)),
              List.of(tensor("y", "activated", ANY)),
              (a, in) -> List.of(a.gelu(in.activation(a, "x")))),
          computed(
              "gated_gelu",
              "GELU of the gate times up: mlp.hook_post.",
              "y = gelu_tanh(gate) * up",
              List.of(activation("gate", "any shape", ANY), activation("up", "the same", ANY)),
              List.of(tensor("y", "gated", ANY)),
              (a, in) -> List.of(a.geglu(in.activation(a, "gate"), in.activation(a, "up")))),
          computed(
              "residual_add",
              "A sum with the residual stream.",
              "y = x + branch",
              List.of(activation("x", "the stream", ANY), activation("branch", "the same", ANY)),
              List.of(tensor("y", "sums", ANY)),
              (a, in) -> List.of(a.add(in.activation(a, "x"), in.activation(a, "branch")))));

  private ModelOperations() {}

  private static Tensor embed(Arithmetic a, Arguments in) {
    for (int id : in.ids("ids")) {
      if (id >= in.axis("d_vocab")) {
        throw RefusedException.argument(
            "ids", "has the id %d; the table has %d rows".formatted(id, in.axis("d_vocab")));
      }
    }
    double factor = in.number("scale", Math.sqrt(in.axis(D)));
    return a.embedScaled(in.weight(a, "table"), in.ids("ids"), factor);
  }

  private static Tensor rope(Arithmetic a, Arguments in) {
    if (in.axis("d_head") % 2 != 0) {
      throw RefusedException.argument("x", "has an odd d_head " + in.axis("d_head"));
    }
    for (int position : in.ids("positions")) {
      if (position >= 1 << 24) {
        throw RefusedException.argument("positions", "are below 2^24, not " + position);
      }
    }
    return a.rotate(in.activation(a, "x"), in.ids("positions"), in.number("theta"));
  }

  private static Tensor scores(Arithmetic a, Arguments in) {
    return a.scores(in.activation(a, "q"), rows(a, in, "k"), in.span(), in.number("scale"));
  }

  private static Tensor capped(Arithmetic a, Tensor x, Arguments in) {
    return in.has("cap") ? a.softcap(x, in.number("cap")) : x;
  }

  private static List<Tensor> attention(Arithmetic a, Arguments in) {
    Tensor raw = scores(a, in);
    Tensor capped = capped(a, raw, in);
    Tensor pattern = a.softmax(capped, in.span());
    Tensor z = a.mix(pattern, rows(a, in, "v"), in.span());
    return List.of(raw, capped, pattern, z);
  }

  /** Keys or values as the cache of this arithmetic holds them. */
  private static RowBuffer rows(Arithmetic a, Arguments in, String name) {
    RowBuffer rows = a.rowBuffer(in.keyHeads(), in.axis("d_head"));
    rows.append(in.activation(a, name));
    return rows;
  }
}
