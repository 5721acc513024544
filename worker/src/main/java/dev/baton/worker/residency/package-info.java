/** What a worker tells the cluster of the blocks that it holds. No Spring here. */
@NullMarked
package dev.baton.worker.residency;

import org.jspecify.annotations.NullMarked;
