/** Placeholder. */
package loupe.gemma2;
