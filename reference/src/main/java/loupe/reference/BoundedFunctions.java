package loupe.reference;

/**
 * Soft cap of {@link Bounded}, element by element. The slope of tanh, {@code 1 - tanh^2}, falls
 * with the absolute value of its argument, so that the error of an argument is multiplied by at
 * most the slope at the end of its interval that is nearer to 0.
 *
 * <p>All errors but the last rounding count as drift: where a function is close to the identity, a
 * number of few digits goes back to itself, always rounded the same way.
 */
final class BoundedFunctions {
  private final PortContract contract;

  BoundedFunctions(PortContract contract) {
    this.contract = contract;
  }

  /** {@code cap * tanh(x / cap)}. */
  BoundedTensor softcap(BoundedTensor x, double cap) {
    BoundedElements out = new BoundedElements(x.size(), contract, RoundingPoint.CAP_OUTPUT);
    double factor = contract.has(RoundingPoint.CAP_FACTOR) ? capFactor(cap) : 1 / cap;
    // By a division, or by a product with 1 / cap, whose rounding all elements share. In any order
    // cap itself may be rounded.
    double constant = capError(cap);
    double factorConstant =
        contract.isPolicy()
            ? contract.constantError(RoundingPoint.CAP_FACTOR, 1 / cap) * cap
            : constant + contract.fine();
    double tiny = contract.fineTiny() * 2 * (1 + cap);
    for (int i = 0; i < x.size(); i++) {
      double quotient = x.values()[i] * factor;
      double inherited = x.radii()[i] * factor;
      double computed =
          inherited + (Math.abs(quotient) + inherited) * (factorConstant + contract.fine());
      double y = contract.held(RoundingPoint.CAP_QUOTIENT, quotient);
      double argument = contract.heldRadius(RoundingPoint.CAP_QUOTIENT, quotient, computed);
      double tanh = StrictMath.tanh(y);
      double moved = slopeOfTanh(Math.abs(y) - argument) * argument;
      double function = moved + contract.elementary() * (Math.abs(tanh) + moved);
      double t = contract.held(RoundingPoint.CAP_TANH, tanh);
      double off = contract.heldRadius(RoundingPoint.CAP_TANH, tanh, function);
      double most = Math.min(1 + off, Math.abs(t) + off);
      out.set(i, cap * t, cap * (off + most * constant) + tiny, cap * most * contract.fine());
    }
    return out.tensor(x.shape());
  }

  private double capFactor(double cap) {
    return contract.constant(RoundingPoint.CAP_FACTOR, 1 / cap);
  }

  /** Relative error of the factor after tanh. */
  private double capError(double cap) {
    double rounded = Math.abs(contract.accumulation().round(cap) - cap) / cap;
    return contract.isPolicy()
        ? rounded + contract.fine()
        : contract.constantError(RoundingPoint.CAP_FACTOR, cap) / cap;
  }

  /** The largest slope of tanh where the argument is at least this far from 0. */
  static double slopeOfTanh(double distance) {
    if (distance <= 0) {
      return 1;
    }
    double t = StrictMath.tanh(distance);
    return 1 - t * t;
  }
}
