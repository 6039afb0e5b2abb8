/**
 * Generators of tiny, hostile cases for jqwik: Gemma 2 models whose sizes are all different, token
 * sequences, batches. Start with {@link loupe.tests.arbitraries.Gemma2Domain}: a test class that is
 * annotated with {@code @Domain(Gemma2Domain.class)} and
 * {@code @Domain(DomainContext.Global.class)} just declares a parameter {@code @ForAll TinyModel
 * model}.
 *
 * <p>Everything here shrinks: a model to one layer of one head, its weights to seed 0, a text to
 * the first ids of the vocabulary. A weight's value depends on the seed, its name, row and column
 * alone, so that a model that shrinks keeps the weights that are left.
 */
package loupe.tests.arbitraries;
