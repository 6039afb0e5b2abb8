package loupe.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.RoundingPoint;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PublishedPolicyTest {
  static List<String> names() {
    return PublishedPolicy.names();
  }

  @Test
  void thereAreThePoliciesThatPeopleAskFor() {
    assertTrue(
        names()
            .containsAll(
                List.of(
                    "f32",
                    "bf16-hf",
                    "bf16-gemma_pytorch",
                    "bf16-deepmind",
                    "f32-gemma.cpp-embedding",
                    "f32-llama.cpp",
                    "bf16-llama.cpp",
                    "f64-hf",
                    "tl-folded")));
    assertEquals(names().size(), Set.copyOf(names()).size());
  }

  @ParameterizedTest
  @MethodSource("names")
  void aPolicyIsCompleteAndInTheOrderOfTheForwardPass(String name) {
    PublishedPolicy policy = PublishedPolicy.of(name);
    assertEquals(name, policy.name());
    List<RoundingPoint> points = new ArrayList<>();
    for (PublishedPolicy.Point point : policy.points()) {
      assertFalse(point.source().isBlank(), point.rule().point().id());
      points.add(point.rule().point());
    }
    assertEquals(points.stream().sorted().toList(), points);
    assertTrue(
        points.containsAll(
            List.of(
                RoundingPoint.WEIGHT,
                RoundingPoint.EMBED_FACTOR,
                RoundingPoint.GAIN_OUTPUT,
                RoundingPoint.PROJECT_OUTPUT,
                RoundingPoint.ROTARY_OUTPUT,
                RoundingPoint.CACHE,
                RoundingPoint.SCORE_DOT,
                RoundingPoint.SOFTMAX_OUTPUT,
                RoundingPoint.MIX_OUTPUT,
                RoundingPoint.RESIDUAL,
                RoundingPoint.GATED)));
  }

  @ParameterizedTest
  @MethodSource("names")
  void aPolicyGoesOneWayWhereThereAreSeveral(String name) {
    Set<RoundingPoint> points = new HashSet<>();
    PublishedPolicy.of(name).points().forEach(point -> points.add(point.rule().point()));
    List<Set<RoundingPoint>> ways =
        List.of(
            Set.of(
                RoundingPoint.QUERY_FACTOR,
                RoundingPoint.SCORE_FACTOR,
                RoundingPoint.SCORE_DIVISOR),
            Set.of(RoundingPoint.GAIN_UNIT, RoundingPoint.GAIN_TERM),
            Set.of(RoundingPoint.ROTARY_STEP, RoundingPoint.ROTARY_POWER),
            Set.of(
                RoundingPoint.GELU_TABLE, RoundingPoint.GELU_CUBIC, RoundingPoint.GELU_FACTORED));
    for (Set<RoundingPoint> way : ways) {
      assertTrue(way.stream().filter(points::contains).count() <= 1, way.toString());
    }
  }

  @Test
  void namesBeginWithTheFormat() {
    for (PublishedPolicy policy : PublishedPolicy.all()) {
      String name = policy.name();
      boolean named = !name.equals("tl-folded");
      if (named) {
        FloatFormat.parse(name.contains("-") ? name.substring(0, name.indexOf('-')) : name);
      }
    }
  }

  @Test
  void anUnknownPolicyIsRefusedWithItsNeighbours() {
    String message =
        assertThrows(InputException.class, () -> PublishedPolicy.of("bf16-fh")).getMessage();
    assertTrue(message.contains("bf16-hf"), message);
  }
}
