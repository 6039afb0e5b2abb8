package loupe.tests.arbitraries;

import java.util.function.Function;
import loupe.reference.Arithmetic;
import loupe.reference.Float32;
import loupe.reference.Float64;
import loupe.reference.Workers;

/** The arithmetics that every property of the model must hold in, bit for bit where it says so. */
public enum Precision {
  FLOAT64(Float64::new, 0x1p-53),
  FLOAT32(Float32::new, 0x1p-24);

  private final Function<Workers, Arithmetic> maker;
  private final Arithmetic onOneThread;
  private final double unitRoundoff;

  Precision(Function<Workers, Arithmetic> maker, double unitRoundoff) {
    this.maker = maker;
    this.onOneThread = maker.apply(Workers.of(1));
    this.unitRoundoff = unitRoundoff;
  }

  /** This arithmetic on the calling thread alone. */
  public Arithmetic arithmetic() {
    return onOneThread;
  }

  /** This arithmetic on these threads. */
  public Arithmetic on(Workers workers) {
    return maker.apply(workers);
  }

  /** Largest relative error of one rounding: half the distance from 1 to the next number. */
  public double unitRoundoff() {
    return unitRoundoff;
  }
}
