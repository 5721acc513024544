/** Computes a prompt's KV and hands it over. */
@NullMarked
package dev.baton.prefill.handoff;

import org.jspecify.annotations.NullMarked;
