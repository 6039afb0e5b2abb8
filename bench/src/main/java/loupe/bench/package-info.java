/**
 * Measurements, outside of the default build.
 *
 * <p>Start with {@link loupe.bench.UlpTable}, the errors of the elementary functions.
 */
package loupe.bench;
