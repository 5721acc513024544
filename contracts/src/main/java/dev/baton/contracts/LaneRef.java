package dev.baton.contracts;

/** A worker as the target of messages: they count only while its lane has this epoch. */
public record LaneRef(WorkerId worker, Lane lane, Epoch epoch) {}
