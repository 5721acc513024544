/**
 * Copies of KV blocks outside of the pool: in the host's memory and on its disk. No Spring here.
 */
@NullMarked
package dev.baton.worker.tiers;

import org.jspecify.annotations.NullMarked;
