/** Placeholder. */
package loupe.sae;
