/**
 * Numbers: tensors, the arithmetics, the kernels. Knows no model and no file.
 *
 * <p>Start with {@link loupe.reference.Arithmetic}, the list of every operation that a model may
 * ask for; then {@link loupe.reference.Float64}, its meaning in plain loops; then {@link
 * loupe.reference.Hook}, through which every intermediate passes. {@link loupe.reference.Float32}
 * and its kernels are the fast twin with defined bits; {@link loupe.reference.Rounded} rounds where
 * the {@link loupe.reference.RoundingPolicy} of an engine says.
 *
 * <p>Axis words, used in every shape: {@code pos}, {@code key}, {@code head}, {@code d_model},
 * {@code d_head}, {@code d_mlp}, {@code d_vocab}, {@code d_sae}; {@code in} and {@code out} for a
 * matrix of any meaning. All arrays are row-major. Layers and positions count from 0.
 */
package loupe.reference;
