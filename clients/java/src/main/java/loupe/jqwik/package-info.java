/**
 * Random inputs of jqwik for tests of ports in Java: the same kinds of things that the oracle's
 * clients in other languages make. No child process is needed: a test calls the library itself.
 *
 * <p>Start with {@link loupe.jqwik.Gemma2Arbitraries}.
 */
package loupe.jqwik;
