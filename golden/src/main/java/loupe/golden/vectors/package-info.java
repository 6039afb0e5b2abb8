/**
 * Conformance vectors: requests of the oracle's protocol with the answers that a correct program
 * must give, as files for people who want files.
 *
 * <p>Start with {@link loupe.golden.vectors.Vectors}, all files; {@link
 * loupe.golden.vectors.BugVectors} has one vector for each known bug, and {@link
 * loupe.golden.vectors.WrongAnswer} is what a program with that bug would answer.
 */
package loupe.golden.vectors;
