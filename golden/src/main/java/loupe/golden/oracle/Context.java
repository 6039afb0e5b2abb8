package loupe.golden.oracle;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loupe.golden.Arithmetics;
import loupe.golden.PublishedPolicy;
import loupe.golden.check.Candidate;
import loupe.golden.check.GradedPass;
import loupe.golden.quirk.Quirk;
import loupe.reference.Arithmetic;
import loupe.reference.Bounded;
import loupe.reference.DType;
import loupe.reference.FloatFormat;
import loupe.reference.InputException;
import loupe.reference.KernelProvider;
import loupe.reference.Tensor;
import loupe.reference.Workers;

/**
 * What requests have in common: files, limits, threads, and what is kept from one to the next so
 * that it need not be made again. Nothing that is kept changes an answer. For one thread at a time.
 */
final class Context {
  private static final int MOST_CANDIDATES = 64;

  private final OracleFiles files;
  private final Limits limits;
  private final Workers workers;
  private final Models models;
  private final Map<String, Arithmetic> arithmetics = new HashMap<>();
  private final Map<String, List<Candidate>> candidates = new HashMap<>();
  private final String version;
  private final Optional<Quirk> quirk;
  private KernelProvider kernels;

  Context(
      OracleFiles files, Limits limits, Workers workers, String version, Optional<Quirk> quirk) {
    this.version = version;
    this.quirk = quirk;
    this.files = files;
    this.limits = limits;
    this.workers = workers;
    this.models = new Models(files, limits);
  }

  String version() {
    return version;
  }

  /** The known bug that is in on purpose. */
  Optional<Quirk> quirk() {
    return quirk;
  }

  OracleFiles files() {
    return files;
  }

  Limits limits() {
    return limits;
  }

  Workers workers() {
    return workers;
  }

  Models models() {
    return models;
  }

  /** The arithmetic of a request without {@code theirs}; with a precision, the one with bounds. */
  Arithmetic arithmetic(Request request) {
    if (request.precision().isPresent()) {
      return bounded(candidates(request, List.of()).get(0));
    }
    return arithmetics.computeIfAbsent(
        arithmeticName(request), name -> Arithmetics.of(name, workers, this::kernels));
  }

  /** The policy that the request's arithmetic is, where it is one. */
  Optional<PublishedPolicy> policy(Request request) {
    return Arithmetics.policy(arithmeticName(request));
  }

  private static String arithmeticName(Request request) {
    String name = request.arithmetic().orElse(Arithmetics.FLOAT64);
    try {
      return Arithmetics.canonical(name);
    } catch (InputException e) {
      throw new RefusedException(ErrorCode.INVALID_REQUEST, "arithmetic: " + e.getMessage());
    }
  }

  private KernelProvider kernels() {
    if (kernels == null) {
      kernels = KernelProvider.choose();
    }
    return kernels;
  }

  /** Bounds for one way of computing. */
  Bounded bounded(Candidate candidate) {
    return GradedPass.bounds(quirk.stream().toList(), candidate.contract(), workers);
  }

  /**
   * Ways in which a right program may compute, the widest first: those of the request's precision,
   * else of the coarsest element type that the caller sent.
   */
  List<Candidate> candidates(Request request, List<DType> dtypes) {
    return candidates(
        request.precision().orElseGet(() -> coarsest(dtypes).label()), request.elementaryUlp());
  }

  /** As above, for a precision by name. */
  List<Candidate> candidates(String precision, double elementaryUlp) {
    String key = precision + " " + elementaryUlp;
    List<Candidate> known = candidates.get(key);
    if (known == null) {
      try {
        known = Candidate.of(precision, elementaryUlp);
      } catch (InputException e) {
        throw new RefusedException(ErrorCode.INVALID_REQUEST, "precision: " + e.getMessage());
      }
      if (candidates.size() >= MOST_CANDIDATES) {
        candidates.clear();
      }
      candidates.put(key, known);
    }
    return known;
  }

  private static FloatFormat coarsest(List<DType> dtypes) {
    for (FloatFormat format : FloatFormat.values()) {
      if (dtypes.contains(format.dtype())) {
        return format;
      }
    }
    return FloatFormat.F64;
  }

  /** A result that is no number would be useless, and its bounds meaningless. */
  static void requireFinite(Tensor tensor, String name) {
    for (int i = 0; i < tensor.size(); i++) {
      if (!Double.isFinite(tensor.get(i))) {
        throw new RefusedException(
            ErrorCode.NON_FINITE,
            "%s: element %d (row-major) of the result is %s".formatted(name, i, tensor.get(i)));
      }
    }
  }
}
