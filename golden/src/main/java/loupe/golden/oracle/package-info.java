/**
 * The live oracle: requests as JSON in, answers as JSON out, for testers and porters in any
 * language. No input or output here; {@code loupe serve}, {@code answer} and {@code conform} carry
 * the lines.
 *
 * <p>Start with {@link loupe.golden.oracle.Oracle}, which answers a line, and {@link
 * loupe.golden.oracle.Operations}, the table that everything else is made from. {@link
 * loupe.golden.oracle.Computation} is how an operation is computed, bounded and judged; {@link
 * loupe.golden.oracle.ArgumentReader} how its arguments are checked.
 */
package loupe.golden.oracle;
