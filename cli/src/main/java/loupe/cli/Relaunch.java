package loupe.cli;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleFinder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes a plain {@code java -jar} as fast as the launcher script: a jar cannot ask for the vector
 * module, so the program starts itself once more with it. Costs the start of one more JVM.
 */
final class Relaunch {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** {@code false} forbids the second start; a child carries it. */
  private static final String PROPERTY = "loupe.relaunch";

  private Relaunch() {}

  /**
   * Runs the program in a child with the vector module and returns its exit code; empty where there
   * is nothing to gain or no way: the module is there already, the JDK has none, the kernels are to
   * be scalar, this is the child, {@code -Dloupe.relaunch=false}, or a debugger or another agent
   * watches this process.
   */
  static OptionalInt withVectorModule(String[] args, Map<String, String> environment) {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent()
        || "false".equals(System.getProperty(PROPERTY))
        || "scalar".equals(environment.get("LOUPE_KERNELS"))
        || ModuleFinder.ofSystem().find(VECTOR_MODULE).isEmpty()) {
      return OptionalInt.empty();
    }
    List<String> jvmOptions = ManagementFactory.getRuntimeMXBean().getInputArguments();
    Optional<String> java = ProcessHandle.current().info().command();
    if (java.isEmpty() || jvmOptions.stream().anyMatch(Relaunch::startsAnAgent)) {
      return OptionalInt.empty();
    }
    List<String> command = new ArrayList<>();
    command.add(java.get());
    command.addAll(jvmOptions);
    command.add("--add-modules=" + VECTOR_MODULE);
    // As the launcher script: sums of vector kernels may become objects without it.
    command.add("-XX:+IgnoreUnrecognizedVMOptions");
    command.add("-XX:PerMethodTrapLimit=1000000");
    command.add("-XX:ProfileMaturityPercentage=1");
    command.add("-D" + PROPERTY + "=false");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(List.of(args));
    return run(command);
  }

  private static boolean startsAnAgent(String jvmOption) {
    return jvmOption.startsWith("-agent")
        || jvmOption.startsWith("-javaagent")
        || jvmOption.startsWith("-Xrunjdwp");
  }

  /** The child's exit code; empty if it could not be started. */
  private static OptionalInt run(List<String> command) {
    try {
      Process child = new ProcessBuilder(command).inheritIO().start();
      // Whoever ends this process means the program.
      Runtime.getRuntime().addShutdownHook(new Thread(child::destroy));
      return OptionalInt.of(child.waitFor());
    } catch (IOException e) {
      return OptionalInt.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return OptionalInt.empty();
    }
  }
}
