/**
 * Judging: traces and their comparison, and the golden data itself.
 *
 * <p>Start with {@link loupe.golden.GoldenCase}, one model that exposes a trap, with the numbers
 * that every intermediate must have; then {@link loupe.golden.TraceRecorder}, the hook that writes
 * a {@link loupe.golden.Trace}, and {@link loupe.golden.TraceComparison}, which says how far two of
 * them are apart. {@link loupe.golden.EmbeddedModel} is the small model that comes with the
 * program; {@link loupe.golden.SyntheticCheckpoint} makes weights of any size by formula. {@link
 * loupe.golden.PublishedPolicy} is where an engine rounds, {@link loupe.golden.PolicyAgreement} how
 * well that predicts it.
 */
package loupe.golden;
