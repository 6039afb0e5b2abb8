/**
 * Files: what their formats say and nothing about what it means. Tensors come out as {@link
 * loupe.reference.TensorSource}; JSON as plain maps.
 *
 * <p>Start with {@link loupe.loaders.Checkpoint}, which opens the weights in a folder; then {@link
 * loupe.loaders.SafetensorsFile} and its header's checks; {@link loupe.loaders.FileTensor} is what
 * all readers give. {@link loupe.loaders.NpzFile} reads the arrays of numpy, {@link
 * loupe.loaders.GgufFile} the models of llama.cpp. {@link loupe.loaders.SafetensorsWriter} and
 * {@link loupe.loaders.NpzWriter} are their counterparts, on {@link loupe.loaders.OutputFile},
 * which appears whole or not at all. {@link loupe.loaders.StrictJson} reads every JSON file.
 *
 * <p>A file is believed only where it has been checked: each reader refuses with an {@link
 * loupe.reference.InputException} of one line, before it allocates what a header claims.
 */
package loupe.loaders;
