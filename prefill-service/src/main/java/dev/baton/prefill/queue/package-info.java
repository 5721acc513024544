/** Takes prefill requests from the share group and settles each with the queue. */
@NullMarked
package dev.baton.prefill.queue;

import org.jspecify.annotations.NullMarked;
