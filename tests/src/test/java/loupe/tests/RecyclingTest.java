package loupe.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import loupe.gemma2.Gemma2;
import loupe.reference.Hook;
import loupe.reference.Hooks;
import loupe.reference.Rows;
import loupe.reference.Tensor;
import loupe.tests.arbitraries.Gemma2Domain;
import loupe.tests.arbitraries.Precision;
import loupe.tests.arbitraries.TinyModel;
import loupe.tests.arbitraries.Tokens;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.domains.Domain;
import net.jqwik.api.domains.DomainContext;

/**
 * A pass uses the memory of its results again, but never of one that somebody has. With assertions
 * on, memory that is given back is filled with NaN.
 */
@Domain(DomainContext.Global.class)
@Domain(Gemma2Domain.class)
class RecyclingTest {
  @Property
  void whatAHookHasSeenStaysAsItWasWhateverIsComputedNext(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll Tokens next,
      @ForAll @Size(min = 1, max = 20) Set<@IntRange(max = 73) Integer> numbers) {
    Gemma2 model = tiny.in(precision);
    List<String> names = model.hookPoints();
    Holder holder = new Holder(name -> numbers.contains(names.indexOf(name)));

    Tensor logits = model.forward(text.ids(tiny.config()), holder);
    double[] before = logits.toDoubles();
    model.forward(text.ids(tiny.config()), Hook.NONE);
    model.forward(next.ids(tiny.config()), Hook.NONE);

    assertTrue(Arrays.stream(before).allMatch(Double::isFinite));
    assertArrayEquals(before, logits.toDoubles());
    holder.assertUnchanged();
  }

  @Property
  void aPassInsideOfAHookDisturbsNeither(
      @ForAll TinyModel tiny,
      @ForAll Precision precision,
      @ForAll Tokens text,
      @ForAll Tokens inner,
      @ForAll @IntRange(max = 73) int number) {
    Gemma2 model = tiny.in(precision);
    List<String> names = model.hookPoints();
    Tensor alone = model.forward(text.ids(tiny.config()), Hook.NONE);
    Tensor innerAlone = model.forward(inner.ids(tiny.config()), Hook.NONE);
    List<Tensor> insides = new ArrayList<>();
    Hooks hooks = new Hooks(names);
    hooks.read(
        names.get(number % names.size()),
        (name, value, rows) -> insides.add(model.forward(inner.ids(tiny.config()), Hook.NONE)));

    Tensor outside = model.forward(text.ids(tiny.config()), hooks);

    SameBits.assertSame(alone, outside);
    insides.forEach(inside -> SameBits.assertSame(innerAlone, inside));
  }

  /** Keeps the tensors themselves, and copies of what they were. */
  private record Holder(Predicate<String> wanted, List<Tensor> held, List<double[]> copies)
      implements Hook {
    Holder(Predicate<String> wanted) {
      this(wanted, new ArrayList<>(), new ArrayList<>());
    }

    @Override
    public boolean watches(String name) {
      return wanted.test(name);
    }

    @Override
    public Tensor at(String name, Tensor value, Rows rows) {
      held.add(value);
      copies.add(value.toDoubles());
      return value;
    }

    void assertUnchanged() {
      for (int i = 0; i < held.size(); i++) {
        assertArrayEquals(copies.get(i), held.get(i).toDoubles());
      }
    }
  }
}
