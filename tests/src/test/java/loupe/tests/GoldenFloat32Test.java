package loupe.tests;

import loupe.golden.Noise;
import loupe.golden.Tolerances;
import loupe.reference.Arithmetic;
import loupe.reference.Workers;

class GoldenFloat32Test extends GoldenTraceContract {
  @Override
  Arithmetic arithmetic(Workers workers) {
    return Numbers.FLOAT32.on(workers);
  }

  @Override
  double tolerance(double agreement, Noise noise) {
    return Tolerances.float32(noise.f32Max());
  }
}
