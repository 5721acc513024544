/** What the platform is doing: the prefill queue in Kafka, the workers in the registry. */
@NullMarked
package dev.baton.autoscaler.observe;

import org.jspecify.annotations.NullMarked;
