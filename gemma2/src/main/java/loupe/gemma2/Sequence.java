package loupe.gemma2;

/**
 * New tokens of one sequence and what it remembers of the earlier ones.
 *
 * @param tokenIds the new tokens, at positions {@code cache.length()}, {@code cache.length() + 1},
 *     ...
 * @param cache takes up the new tokens; modified by the forward pass
 */
public record Sequence(int[] tokenIds, KvCache cache) {}
