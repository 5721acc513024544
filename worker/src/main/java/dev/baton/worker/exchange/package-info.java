/** Brings KV blocks from other workers' pools into this one's. No Spring here. */
@NullMarked
package dev.baton.worker.exchange;

import org.jspecify.annotations.NullMarked;
