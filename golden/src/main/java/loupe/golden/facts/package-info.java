/**
 * Facts that others published about the released weights, and whether a user's files agree.
 *
 * <p>Start with {@link loupe.golden.facts.Fact}, one published statement; then {@link
 * loupe.golden.facts.FactSet}, many of them in a file; {@link loupe.golden.facts.Verification} runs
 * them against a {@link loupe.golden.facts.Subject}, what a user has. {@link
 * loupe.golden.facts.Kinds} says which class checks which kind.
 */
package loupe.golden.facts;
