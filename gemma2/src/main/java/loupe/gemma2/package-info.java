/**
 * The model: configuration, weights, the forward pass, cache, sampling, chat format.
 *
 * <p>Start with {@link loupe.gemma2.Gemma2}, which reads as a table of contents; then {@code
 * DecoderLayer}, {@code Attention} and {@code FeedForward}, the whole of the forward pass; then
 * {@link loupe.gemma2.KvCache}. {@link loupe.gemma2.HookPoints} names every intermediate, {@link
 * loupe.gemma2.Gemma2Config} every setting. {@link loupe.gemma2.Generator} makes text of it.
 */
package loupe.gemma2;
