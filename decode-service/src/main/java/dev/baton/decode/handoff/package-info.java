/** What arrives on this worker's lane. */
@NullMarked
package dev.baton.decode.handoff;

import org.jspecify.annotations.NullMarked;
