/**
 * What the next step computes: a pure decision over sequences, tokens and blocks. No Spring here.
 */
@NullMarked
package dev.baton.worker.scheduling;

import org.jspecify.annotations.NullMarked;
