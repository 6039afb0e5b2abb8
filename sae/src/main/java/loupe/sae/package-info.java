/**
 * JumpReLU SAEs and transcoders, Gemma Scope's catalogue, metrics, splicing and steering. Takes
 * activations and knows no model; where the two meet is a {@link loupe.reference.Hook}.
 *
 * <p>Start with {@link loupe.sae.JumpReluSae}, the computation, and {@link loupe.sae.SaeWeights},
 * its parameters. {@link loupe.sae.Site} says which tensors of the model an SAE belongs to, {@link
 * loupe.sae.AttachedSae} is an SAE at its place. Then the hooks: {@link loupe.sae.FeatureReader},
 * {@link loupe.sae.SpliceHook}, {@link loupe.sae.SteerHook}. {@link loupe.sae.Catalogue} finds an
 * SAE by its id, {@link loupe.sae.SaeLens} reads SAELens's folders, {@link loupe.sae.SaeMetrics}
 * and {@link loupe.sae.CrossEntropy} measure.
 */
package loupe.sae;
