/**
 * Token-level work: admitted, placed, relayed from decode workers, and placed again where one
 * fails.
 */
@NullMarked
package dev.baton.router.generation;

import org.jspecify.annotations.NullMarked;
