/** The parts of a worker put together. No Spring here. */
@NullMarked
package dev.baton.worker.runtime;

import org.jspecify.annotations.NullMarked;
