/**
 * The command line: the only place that sees every other module.
 *
 * <p>Start with {@link loupe.cli.Main}, which turns arguments into an exit code and every failure
 * into one line; then {@link loupe.cli.Commands}, the list of commands. A command is a picocli
 * class that takes a {@link loupe.cli.Terminal}, mixes in the options that it shares with others
 * ({@link loupe.cli.ModelOptions}, {@link loupe.cli.TextOptions}, {@link loupe.cli.JsonOutput}),
 * and returns an {@link loupe.cli.ExitCode}. {@link loupe.cli.Relaunch} and {@link
 * loupe.cli.Arguments} are for a plain {@code java -jar}; {@link loupe.cli.Progress} and {@link
 * loupe.cli.StandardOutput} are detail.
 */
package loupe.cli;
