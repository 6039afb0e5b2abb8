package loupe.golden.oracle;

import com.google.gson.JsonObject;
import java.util.List;

/**
 * One operation of the protocol. The table in {@link Operations} is what dispatches requests, and
 * what hello, the JSON Schemas, the documentation and {@code conform} are made from.
 *
 * @param name in requests
 * @param meaning what it is, in a sentence
 * @param formula what is computed
 * @param parameters its arguments
 * @param results what comes back
 * @param isComputed whether it is computed in an arithmetic, can have bounds, and can be judged
 * @param body computes it
 */
public record Operation(
    String name,
    String meaning,
    String formula,
    List<Parameter> parameters,
    List<Result> results,
    boolean isComputed,
    Body body) {

  /** Computes a result. */
  interface Body {
    JsonObject answer(Call call);
  }

  /**
   * What a body works with.
   *
   * @param request the whole request
   * @param in its arguments
   * @param tensors reads further tensors of the same request
   * @param context models, arithmetics and limits
   */
  record Call(Request request, Arguments in, TensorJson tensors, Context context) {}

  static Operation inquiry(
      String name, String meaning, List<Parameter> parameters, List<Result> results, Body body) {
    return new Operation(name, meaning, "", parameters, results, false, body);
  }

  static Operation computed(
      String name,
      String meaning,
      String formula,
      List<Parameter> parameters,
      List<Result> results,
      Computation.Tensors tensors) {
    return new Operation(
        name, meaning, formula, parameters, results, true, new Computation(name, results, tensors));
  }
}
