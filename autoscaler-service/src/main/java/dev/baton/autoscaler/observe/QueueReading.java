package dev.baton.autoscaler.observe;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * The prefill queue at one moment.
 *
 * @param queuedRequests records not yet acknowledged; empty before the share group has state
 * @param published records ever published to the queue's topics
 * @param tokensPerRequest mean prompt length of the newest queued requests; empty where none is
 *     queued or none could be read
 */
record QueueReading(OptionalLong queuedRequests, long published, OptionalDouble tokensPerRequest) {}
