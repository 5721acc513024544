/** How many replicas a tier needs; pure functions over what was observed. */
@NullMarked
package dev.baton.autoscaler.decide;

import org.jspecify.annotations.NullMarked;
