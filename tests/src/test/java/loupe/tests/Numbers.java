package loupe.tests;

import java.util.ArrayList;
import java.util.List;
import loupe.golden.GoldenCase;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.Workers;
import org.junit.jupiter.params.provider.Arguments;

/** The arithmetics that are tested, each of which must keep every promise about bits. */
enum Numbers {
  FLOAT64 {
    @Override
    Arithmetic on(Workers workers) {
      return new Float64(workers);
    }
  },
  FLOAT32 {
    @Override
    Arithmetic on(Workers workers) {
      return new Float32(workers);
    }
  };

  abstract Arithmetic on(Workers workers);

  /** Each arithmetic with each golden case. */
  static List<Arguments> withEachCase() {
    List<Arguments> all = new ArrayList<>();
    for (Numbers numbers : values()) {
      for (String id : GoldenCase.ids()) {
        all.add(Arguments.of(numbers, id));
      }
    }
    return all;
  }
}
