/**
 * The zoo of known bugs: each is one operation or one setting of a correct program replaced.
 *
 * <p>Start with {@link loupe.golden.quirk.Quirk}, what is known about a bug and how to put it in;
 * then {@link loupe.golden.quirk.Zoo}, all of them, and {@link
 * loupe.golden.quirk.ForwardingArithmetic}, on which most are built. {@link
 * loupe.golden.quirk.Mutation} says which golden case exposes a bug, and at which tensor.
 */
package loupe.golden.quirk;
