package loupe.cli;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.util.List;
import java.util.function.IntFunction;
import loupe.golden.JsonNumbers;
import loupe.reference.DType;
import loupe.sae.Features;
import loupe.sae.PromotedTokens;

/** What {@code look} found, as JSON. */
final class LookJson {
  private final LookResult result;
  private final IntFunction<String> piece;

  /**
   * @param piece the vocabulary's own string of an id; null where it has none
   */
  LookJson(LookResult result, IntFunction<String> piece) {
    this.result = result;
    this.piece = piece;
  }

  JsonObject document() {
    JsonArray tokens = new JsonArray();
    for (int pos = 0; pos < result.ids().length; pos++) {
      JsonObject token = new JsonObject();
      token.addProperty("pos", pos);
      addToken(token, result.ids()[pos]);
      JsonArray features = new JsonArray();
      for (LookResult.View view : result.views()) {
        addFeatures(view, view.readings().get(pos).features(), features);
      }
      token.add("features", features);
      tokens.add(token);
    }
    JsonArray next = new JsonArray();
    for (LookResult.Expected expected : result.next()) {
      JsonObject token = new JsonObject();
      addToken(token, expected.id());
      token.add("p", JsonNumbers.of(expected.p()));
      next.add(token);
    }
    JsonObject document = new JsonObject();
    document.add("tokens", tokens);
    document.add("next", next);
    return document;
  }

  private void addFeatures(LookResult.View view, Features features, JsonArray to) {
    for (int i = 0; i < features.count(); i++) {
      int id = features.ids()[i];
      JsonObject feature = new JsonObject();
      feature.addProperty("sae", view.sae().id());
      feature.addProperty("id", id);
      feature.add("activation", number(features.activations()[i], view));
      feature.add("promotes", promotes(view.promoted().get(id), view));
      to.add(feature);
    }
  }

  private JsonArray promotes(List<PromotedTokens.Token> promoted, LookResult.View view) {
    JsonArray tokens = new JsonArray();
    for (PromotedTokens.Token promotedToken : promoted) {
      JsonObject token = new JsonObject();
      addToken(token, promotedToken.id());
      token.add("score", number(promotedToken.score(), view));
      tokens.add(token);
    }
    return tokens;
  }

  private void addToken(JsonObject to, int id) {
    String known = piece.apply(id);
    JsonElement text = known == null ? JsonNull.INSTANCE : new JsonPrimitive(known);
    to.addProperty("id", id);
    to.add("piece", text);
  }

  /** With as many digits as the arithmetic has. */
  private static JsonPrimitive number(double value, LookResult.View view) {
    boolean isFloat = view.sae().sae().arithmetic().dtype() == DType.F32;
    return isFloat ? JsonNumbers.of((float) value) : JsonNumbers.of(value);
  }
}
