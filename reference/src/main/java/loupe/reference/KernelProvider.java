package loupe.reference;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.util.Map;

/**
 * Chooses the kernels of {@link Float32} by what the running JVM can do, never by its version. Both
 * give the same bits; only speed depends on the choice.
 *
 * <p>The environment variable {@code LOUPE_KERNELS} (or the system property {@code loupe.kernels},
 * which goes before it) forces {@code scalar} or {@code vector}.
 */
public final class KernelProvider {
  private static final String MODULE = "jdk.incubator.vector";

  /**
   * Up to so many multiplications in all, scalar kernels are done before vector kernels would be
   * compiled; until that has happened, these are very slow. Measured on two cores: a first pass of
   * 12 tokens, 2 * 10^9, takes 0.60 s instead of 0.98 (JDK 17), 0.66 instead of 1.25 (25). One
   * token after another draws level about there, prompts later.
   */
  private static final long SHORT_WORK = 1L << 31;

  /**
   * So many elements are left to scalar functions, unless vectors are asked for: those of sixty
   * tokens in six layers of 2B. Measured: their first token comes half a second sooner, and a
   * prefill of 512 tokens takes as long as before.
   */
  private static final int SCALAR_FIRST = 1 << 24;

  private final FloatKernels kernels;
  private final String why;

  private KernelProvider(FloatKernels kernels, String why) {
    this.kernels = kernels;
    this.why = why;
  }

  /**
   * The kernels for this JVM.
   *
   * @throws InputException if {@code LOUPE_KERNELS} asks for vector kernels that cannot be had, or
   *     is neither {@code scalar} nor {@code vector}
   */
  public static KernelProvider choose() {
    return choose(System.getenv());
  }

  /** As {@link #choose()}, with other environment variables than those of this process. */
  public static KernelProvider choose(Map<String, String> environment) {
    return choose(environment, Long.MAX_VALUE);
  }

  /**
   * As {@link #choose(Map)}, for a program that ends after about so many multiplications: the
   * kernels with which a short one is done first.
   */
  public static KernelProvider choose(Map<String, String> environment, long multiplications) {
    String wish = wish(environment);
    boolean free = wish == null || wish.isEmpty();
    return free && multiplications < SHORT_WORK
        ? scalar("the work is too short for vector kernels to be compiled")
        : ofWish(wish);
  }

  /**
   * As {@link #choose(Map)}, for a program that does the same for so long that only the end counts:
   * vectors from the first element on.
   */
  public static KernelProvider chooseForLong(Map<String, String> environment) {
    return ofWish(wish(environment), 0);
  }

  private static String wish(Map<String, String> environment) {
    String property = System.getProperty("loupe.kernels");
    return property != null ? property : environment.get("LOUPE_KERNELS");
  }

  /** The kernels that {@code LOUPE_KERNELS} asks for; {@code wish} may be null or empty. */
  static KernelProvider ofWish(String wish) {
    return ofWish(wish, SCALAR_FIRST);
  }

  private static KernelProvider ofWish(String wish, int scalarFirst) {
    if (wish == null || wish.isEmpty()) {
      return best(scalarFirst);
    }
    switch (wish) {
      case "scalar":
        return new KernelProvider(new ScalarKernels(), "asked for by LOUPE_KERNELS");
      case "vector":
        KernelProvider best = best(0);
        if (best.name().equals("vector")) {
          return new KernelProvider(best.kernels, "asked for by LOUPE_KERNELS; " + best.why);
        }
        throw new InputException(
            "LOUPE_KERNELS=vector cannot be had: "
                + best.why
                + "; run java with --add-modules "
                + MODULE
                + ", or unset LOUPE_KERNELS");
      default:
        throw new InputException("LOUPE_KERNELS is '" + wish + "'; it may be scalar or vector");
    }
  }

  /**
   * @param scalarFirst see {@link VectorKernels}
   */
  private static KernelProvider best(int scalarFirst) {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return scalar("this JVM runs without --add-modules " + MODULE);
    }
    String mode = System.getProperty("java.vm.info", "");
    if (mode.contains("interpreted") || mode.contains("emulated-client")) {
      return scalar("this JVM does not optimize (" + mode + ")");
    }
    if (!FusedMultiplyAdd.hasInstruction()) {
      return scalar("this JVM has no fused multiply-add, float64 stands in for it");
    }
    try {
      return new KernelProvider(
          new VectorKernels(scalarFirst),
          MODULE + ", vectors of " + VectorKernels.vectorBits() + " bits");
    } catch (LinkageError | UnsupportedOperationException e) {
      return scalar("the vector kernels do not work on this JVM (" + e + ")");
    }
  }

  private static KernelProvider scalar(String why) {
    return new KernelProvider(new ScalarKernels(), why);
  }

  /**
   * Whether this JVM computes {@code Math.fma} in software, hundreds of times slower: with {@code
   * -XX:-UseFMA}, or on a processor without the instruction. False where it cannot be known. {@link
   * FusedMultiplyAdd} is used instead then.
   */
  public static boolean emulatesFma() {
    try {
      HotSpotDiagnosticMXBean jvm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return jvm != null && "false".equals(jvm.getVMOption("UseFMA").getValue());
    } catch (LinkageError | IllegalArgumentException e) {
      return false;
    }
  }

  FloatKernels kernels() {
    return kernels;
  }

  /** {@code scalar} or {@code vector}. */
  public String name() {
    return kernels.name();
  }

  /** Why these kernels and not the others, in a few words for people. */
  public String why() {
    return why;
  }
}
