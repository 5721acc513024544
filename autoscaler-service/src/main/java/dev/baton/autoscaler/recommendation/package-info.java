/** The loop observe, decide, apply, and what it shows of itself. */
@NullMarked
package dev.baton.autoscaler.recommendation;

import org.jspecify.annotations.NullMarked;
