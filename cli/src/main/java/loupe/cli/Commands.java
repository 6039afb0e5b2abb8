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
    ALL.put("serve", ServeCommand::new);
    ALL.put("answer", AnswerCommand::new);
