package dev.baton.worker.loop;

/** Computes digests of pool blocks; several in one call where that is cheaper. */
@FunctionalInterface
public interface BlockDigester {
  /** The digest of each of {@code blocks}, none of which changes meanwhile. */
  int[] digests(int[] blocks);
}
