/** The agent that owns the engine: schedule, run, postprocess on one thread. No Spring here. */
@NullMarked
package dev.baton.worker.loop;

import org.jspecify.annotations.NullMarked;
