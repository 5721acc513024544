/** A worker's place in the cluster: its lane lease, its epoch, its heartbeats. No Spring here. */
@NullMarked
package dev.baton.worker.membership;

import org.jspecify.annotations.NullMarked;
