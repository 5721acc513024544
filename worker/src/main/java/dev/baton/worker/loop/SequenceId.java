package dev.baton.worker.loop;

import dev.baton.contracts.RequestId;

/** One attempt at one request; a worker has at most one sequence of that name. */
public record SequenceId(RequestId request, int attempt) {}
