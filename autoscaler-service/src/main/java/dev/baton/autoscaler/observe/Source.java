package dev.baton.autoscaler.observe;

/** Something that can be asked for its state; an answer comes within a deadline or not at all. */
@FunctionalInterface
interface Source<T> {
  T read() throws SourceUnavailableException;
}
