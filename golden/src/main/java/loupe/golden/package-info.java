/** Placeholder. */
package loupe.golden;
