package loupe.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.TypeConversionException;

/** The commands by name. */
final class Commands {
  /** In the order in which {@code loupe --help} shows them. */
  static final Map<String, Function<Terminal, Callable<Integer>>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("look", LookCommand::new);
    ALL.put("tokens", TokensCommand::new);
    ALL.put("run", RunCommand::new);
    ALL.put("trace", TraceCommand::new);
    ALL.put("encode", EncodeCommand::new);
    ALL.put("compare", CompareCommand::new);
    ALL.put("check", CheckCommand::new);
    ALL.put("info", InfoCommand::new);
    ALL.put("synth", SynthCommand::new);
    ALL.put("convert", ConvertCommand::new);
    ALL.put("policies", PoliciesCommand::new);
    ALL.put("names", NamesCommand::new);
    ALL.put("zoo", ZooCommand::new);
    ALL.put("verify", VerifyCommand::new);
    ALL.put("vectors", VectorsCommand::new);
    ALL.put("serve", ServeCommand::new);
    ALL.put("answer", AnswerCommand::new);
    ALL.put("conform", ConformCommand::new);
    ALL.put("bench", BenchCommand::new);
    ALL.put("bench-peer", BenchPeerCommand::new);
  }

  /** Picocli refuses to work with less. */
  private static final int FEWEST_HELP_COLUMNS = 55;

  private Commands() {}

  @Command(
      synopsisSubcommandLabel = "COMMAND",
      description = {
        "Gemma 2 and Gemma Scope in plain Java: a specification that runs,",
        "an oracle that grades other programs, and a microscope for features."
      },
      footerHeading = "%nExamples:%n",
      footer = {
        "  loupe look \"Four score and seven years ago\"",
        "  loupe COMMAND --help     the options of a command, with examples",
        "",
        "Exit codes: 0 done (a verdict is good), 1 the verdict is bad, 2 wrong usage or",
        "bad input, 141 the reader of the output went away.",
        "Environment: JAVA_HOME picks the JDK; LOUPE_JAVA_OPTS are options for it, such as",
        "-Xmx512m; LOUPE_KERNELS=scalar or vector forces the kernels; LOUPE_DEBUG=1 shows",
        "stack traces; NO_COLOR turns colours off."
      })
  private static final class Root {}

  /**
   * A parser for these commands. Where the first argument names one, only that is made: the others
   * would cost more of the start than the command's own parsing.
   */
  static CommandLine parser(
      String[] args, Terminal terminal, Map<String, Function<Terminal, Callable<Integer>>> all) {
    CommandLine root = new CommandLine(new Root());
    root.setCommandName("loupe");
    String named = args.length > 0 && all.containsKey(args[0]) ? args[0] : null;
    for (var command : all.entrySet()) {
      if (named == null || named.equals(command.getKey())) {
        root.addSubcommand(command.getKey(), command.getValue().apply(terminal));
      }
    }
    addStandardOptions(root);
    root.getSubcommands().values().forEach(Commands::addStandardOptions);
    root.getSubcommands().forEach(QuirkOption::leaveOutWhereNotTaken);
    // Texts are data: "@name" is no file of arguments.
    root.setExpandAtFiles(false);
    root.registerConverter(Path.class, Commands::path);
    root.setColorScheme(Help.defaultColorScheme(terminal.colour() ? Help.Ansi.ON : Help.Ansi.OFF));
    root.setUsageHelpWidth(Math.max(FEWEST_HELP_COLUMNS, Math.min(terminal.columns(), 100)));
    root.setOut(new PrintWriter(terminal.out(), true));
    root.setErr(new PrintWriter(terminal.err(), true));
    return root;
  }

  /** To Java the empty path is the current folder; to a user it is a variable that was not set. */
  private static Path path(String text) {
    if (text.isEmpty()) {
      throw new TypeConversionException("the path is empty");
    }
    return Path.of(text);
  }

  private static void addStandardOptions(CommandLine line) {
    CommandSpec spec = line.getCommandSpec();
    spec.mixinStandardHelpOptions(true);
    spec.version("loupe " + Version.text());
    spec.usageMessage().sortOptions(false).abbreviateSynopsis(true);
  }
}
