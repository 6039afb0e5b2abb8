/**
 * Dumps in other programs' words.
 *
 * <p>Start with {@link loupe.golden.dialect.Dictionary}, what each program calls a tensor; then
 * {@link loupe.golden.dialect.DumpReader}, which finds out in which dialect a dump is and gives a
 * {@link loupe.golden.dialect.Reading} of it: our names, our order of axes.
 */
package loupe.golden.dialect;
