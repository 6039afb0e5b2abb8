/**
 * Programs that are right, each in its own way: they keep a {@link loupe.reference.PortContract}
 * and no more. Start with {@link loupe.tests.ports.HonestPort}, an arithmetic that chooses at
 * random among all that the contract admits.
 */
package loupe.tests.ports;
