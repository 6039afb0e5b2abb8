package loupe.golden.facts;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import loupe.gemma2.Gemma2;
import loupe.gemma2.Gemma2Config;
import loupe.gemma2.Presets;
import loupe.loaders.Tokenizer;
import loupe.reference.InputException;
import loupe.reference.MalformedFileException;
import loupe.sae.AttachedSae;

/** Facts against what a user has. */
public final class Verification {
  /** The part of a model's name that says which released one it is. */
  private static final Pattern RELEASED = Pattern.compile("gemma-2-(2b|9b|27b)(-it)?(?![a-z0-9])");

  private static final int RELEASED_VOCABULARY = 256_000;

  private final FactSet facts;
  private final Subject subject;

  public Verification(FactSet facts, Subject subject) {
    this.facts = facts;
    this.subject = subject;
  }

  /** Checks facts in order; {@code each} sees every outcome as soon as it is known. */
  public List<Outcome> run(Predicate<Fact> wanted, Consumer<Outcome> each) {
    List<Outcome> outcomes = new ArrayList<>();
    for (Fact fact : facts.all().stream().filter(wanted).toList()) {
      Outcome outcome = check(fact);
      outcomes.add(outcome);
      each.accept(outcome);
    }
    return outcomes;
  }

  /** Checks one fact. */
  Outcome check(Fact fact) {
    Findings findings = new Findings();
    try {
      Kinds.of(fact.kind()).check(fact, this, findings);
      return findings.outcome(fact);
    } catch (NotApplicable e) {
      return new Outcome(fact, Outcome.Status.NOT_APPLICABLE, 0, e.getMessage());
    } catch (MalformedFileException e) {
      throw e;
    } catch (InputException e) {
      // Files that are right by themselves and do not fit together, or numbers that overflow.
      return new Outcome(fact, Outcome.Status.FAIL, 0, e.getMessage());
    } catch (IndexOutOfBoundsException e) {
      return new Outcome(
          fact,
          Outcome.Status.FAIL,
          0,
          "is about a position, feature or id that is not there: " + e.getMessage());
    }
  }

  FactSet facts() {
    return facts;
  }

  Subject subject() {
    return subject;
  }

  /** The released model's name in some other name, such as a folder's; empty if it is none. */
  public static String releasedName(String name) {
    Matcher released = RELEASED.matcher(name.toLowerCase(Locale.ROOT));
    return released.find() ? released.group() : "";
  }

  /** The size ({@code 2b}) whose shape a model has; empty if it is none. */
  public static String releasedShape(Gemma2Config c) {
    for (String preset : Presets.names()) {
      Gemma2Config p = Presets.of(preset);
      if (p.dModel() == c.dModel() && p.nLayers() == c.nLayers() && p.dHead() == c.dHead()) {
        return preset;
      }
    }
    return "";
  }

  /** The model, where the fact is about it; {@link NotApplicable} says what is needed else. */
  Gemma2 model(Fact fact) {
    List<String> wanted = models(fact.model());
    String first = wanted.get(0);
    String get =
        releasedName(first).isEmpty()
            ? ""
            : "; get https://huggingface.co/google/%s and give its folder by --model"
                .formatted(releasedName(first));
    if (wanted.stream().noneMatch(subject.modelNames()::contains)) {
      String shape = releasedShape(subject.config());
      boolean unnamed = shape.isEmpty() || !subject.modelNames().isEmpty();
      throw new NotApplicable(
          unnamed
              ? "is about %s, and the model is %s%s"
                  .formatted(String.join(" or ", wanted), subject.modelLabel(), get)
              : "is about %s; the model has the shape of gemma-2-%s, but its name does not say which"
                      .formatted(first, shape)
                  + " it is: say --as gemma-2-%s or --as gemma-2-%s-it".formatted(shape, shape));
    }
    if (!subject.hasWeights()) {
      throw new NotApplicable("needs the weights of " + first + get);
    }
    return subject.model();
  }

  /** The names in such as {@code google/gemma-2-2b-it, -9b-it}, without their owner. */
  private static List<String> models(String text) {
    List<String> names = new ArrayList<>();
    for (String part : text.split(",")) {
      String name = part.strip();
      String full = name.startsWith("-") ? "gemma-2" + name : name;
      names.add(full.substring(full.lastIndexOf('/') + 1));
    }
    return names;
  }

  /** The tokenizer of a prompt. */
  Tokenizer tokenizer() {
    return subject
        .tokenizer()
        .orElseThrow(
            () -> new NotApplicable("needs a tokenizer: give tokenizer.model by --tokenizer"));
  }

  /** The tokenizer, where the fact is about it. */
  Tokenizer tokenizer(Fact fact) {
    boolean own = models(fact.model()).stream().anyMatch(subject.modelNames()::contains);
    String get =
        "; get tokenizer.model of https://huggingface.co/google/gemma-2-2b and give it by"
            + " --tokenizer";
    if (subject.tokenizer().isEmpty()) {
      throw new NotApplicable("needs the tokenizer of Gemma 2" + get);
    }
    Tokenizer tokenizer = subject.tokenizer().get();
    boolean released =
        tokenizer.vocabSize() == RELEASED_VOCABULARY
            || subject.modelNames().stream().anyMatch(name -> !releasedName(name).isEmpty());
    if (!own && !released && !subject.tokenizerIsChosen()) {
      throw new NotApplicable(
          "is about Gemma 2's vocabulary of 256,000 pieces, and %s has %,d"
                  .formatted(subject.modelLabel(), tokenizer.vocabSize())
              + get);
    }
    return tokenizer;
  }

  /** The SAE that a fact is about. */
  AttachedSae sae(Fact fact) {
    return subject.sae(saeId(fact));
  }

  /** Its id as the catalogue writes it. */
  static String saeId(Fact fact) {
    String text = fact.sae().orElseThrow(() -> fact.expected().failure("its fact names no sae"));
    return text.replaceFirst("\\s*\\(.*$", "").replaceFirst("^google/", "").replace(' ', '/');
  }
}
