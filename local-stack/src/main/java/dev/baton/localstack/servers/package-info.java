/**
 * Real Kafka and real Redis on this machine, as processes or containers, for the stack and for
 * tests.
 */
@NullMarked
package dev.baton.localstack.servers;

import org.jspecify.annotations.NullMarked;
