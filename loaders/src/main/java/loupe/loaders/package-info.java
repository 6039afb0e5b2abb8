/** Placeholder. */
package loupe.loaders;
