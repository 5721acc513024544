/** The whole platform on one machine: broker, Redis and the five services as separate processes. */
@NullMarked
package dev.baton.localstack.stack;

import org.jspecify.annotations.NullMarked;
