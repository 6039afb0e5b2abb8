package loupe.golden.check;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.Optional;
import loupe.golden.JsonNumbers;
import loupe.golden.quirk.Quirk;

/** A {@link Report} as JSON: what {@code check} and the oracle say of a program. */
public final class ReportJson {
  private ReportJson() {}

  /** The whole report. */
  public static JsonObject document(Report report) {
    JsonObject document = new JsonObject();
    fill(document, report);
    return document;
  }

  /** As {@link #document}, with the path of the dump first. */
  public static JsonObject line(String dump, Report report) {
    JsonObject document = new JsonObject();
    document.addProperty("dump", dump);
    fill(document, report);
    return document;
  }

  /** A dump that could not be graded. */
  public static JsonObject error(String dump, String message) {
    JsonObject document = new JsonObject();
    document.addProperty("dump", dump);
    document.addProperty("error", message);
    return document;
  }

  private static void fill(JsonObject document, Report report) {
    document.addProperty("verdict", report.outcome().text());
    document.addProperty("precision", report.candidate().contract().name());
    document.add("first_divergence", divergence(report.firstDivergence()));
    JsonArray diagnosis = new JsonArray();
    report.diagnosis().forEach(one -> diagnosis.add(diagnosis(one)));
    document.add("diagnosis", diagnosis);
    document.addProperty("compared", report.tensors().size());
    JsonArray skipped = new JsonArray();
    for (Report.Skipped one : report.skipped()) {
      JsonObject entry = new JsonObject();
      entry.addProperty("name", one.name());
      entry.addProperty("reason", one.reason());
      skipped.add(entry);
    }
    document.add("skipped", skipped);
    JsonArray tensors = new JsonArray();
    report.tensors().forEach(grade -> tensors.add(tensor(grade)));
    document.add("tensors", tensors);
  }

  private static JsonObject diagnosis(Diagnosis diagnosis) {
    JsonObject object = new JsonObject();
    object.addProperty("quirk", diagnosis.quirk().name());
    object.add("pitfalls", strings(diagnosis.quirk().pitfalls()));
    object.addProperty("fit", diagnosis.fit());
    object.addProperty("explains", diagnosis.explains());
    object.addProperty("divergent", diagnosis.divergent());
    object.addProperty("equal", diagnosis.equal());
    object.add("besides", strings(diagnosis.besides().stream().map(Quirk::name).toList()));
    object.addProperty("message", diagnosis.quirk().bug());
    object.add("projects", strings(diagnosis.quirk().projects()));
    object.addProperty("fix", diagnosis.quirk().fix());
    return object;
  }

  private static JsonArray strings(List<String> values) {
    JsonArray array = new JsonArray();
    values.forEach(array::add);
    return array;
  }

  private static JsonElement divergence(Optional<TensorGrade> first) {
    if (first.isEmpty()) {
      return JsonNull.INSTANCE;
    }
    TensorGrade grade = first.get();
    JsonObject object = new JsonObject();
    object.addProperty("name", grade.name());
    object.addProperty("reason", grade.reason());
    addWorst(object, grade);
    addMeasured(object, grade);
    return object;
  }

  private static void addMeasured(JsonObject object, TensorGrade grade) {
    grade.measured().ifPresent(measured -> object.add("measured", measured(measured)));
  }

  private static JsonObject measured(Measured measured) {
    JsonObject object = new JsonObject();
    object.addProperty("where", measured.where());
    object.add("size", JsonNumbers.of(measured.size()));
    object.add("limit", JsonNumbers.of(measured.limit()));
    object.addProperty("programs", measured.by().programs());
    object.add("chance", JsonNumbers.of(MeasuredLimit.CHANCE));
    return object;
  }

  private static void addWorst(JsonObject object, TensorGrade grade) {
    if (grade.worst().isEmpty()) {
      for (String key : new String[] {"index", "ours", "theirs", "bound"}) {
        object.add(key, JsonNull.INSTANCE);
      }
      return;
    }
    TensorGrade.Worst worst = grade.worst().get();
    JsonArray index = new JsonArray();
    for (int i : worst.index()) {
      index.add(i);
    }
    object.add("index", index);
    object.add("ours", JsonNumbers.of(worst.ours()));
    object.add("theirs", JsonNumbers.of(worst.theirs()));
    object.add("bound", JsonNumbers.of(worst.bound()));
  }

  private static JsonObject tensor(TensorGrade grade) {
    JsonObject object = new JsonObject();
    object.addProperty("name", grade.name());
    object.addProperty("verdict", grade.verdict().text());
    object.addProperty("elements", grade.elements());
    object.addProperty("equal", grade.equal());
    object.addProperty("undecided", grade.undecided());
    object.add("added", JsonNumbers.orNull(grade.added()));
    object.add("inherited", JsonNumbers.orNull(grade.inherited()));
    object.add("max_abs", JsonNumbers.orNull(grade.scale()));
    addWorst(object, grade);
    addMeasured(object, grade);
    object.add("bias", grade.bias().<JsonElement>map(ReportJson::bias).orElse(JsonNull.INSTANCE));
    return object;
  }

  private static JsonObject bias(Bias bias) {
    JsonObject object = new JsonObject();
    object.add("axis", bias.axis() < 0 ? JsonNull.INSTANCE : JsonNumbers.of(bias.axis()));
    object.add("index", bias.axis() < 0 ? JsonNull.INSTANCE : JsonNumbers.of(bias.index()));
    object.addProperty("direction", bias.direction().text());
    object.addProperty("deviating", bias.deviating());
    object.addProperty("agreeing", bias.agreeing());
    object.add("factor", JsonNumbers.orNull(bias.factor()));
    object.add("chance", JsonNumbers.of(bias.chance()));
    return object;
  }
}
