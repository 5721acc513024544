/**
 * KV blocks of one worker: who uses which, which are named, which may be evicted. No Spring here.
 */
@NullMarked
package dev.baton.worker.blocks;

import org.jspecify.annotations.NullMarked;
