/** Placeholder. */
package loupe.cli;
