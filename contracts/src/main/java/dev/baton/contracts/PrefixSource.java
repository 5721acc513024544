package dev.baton.contracts;

/** A worker that holds the first {@code blocks} full blocks of a prompt. */
public record PrefixSource(LaneRef holder, KvEndpoint kv, int blocks) {
  public PrefixSource {
    Checks.range("blocks", blocks, 1, Integer.MAX_VALUE);
  }
}
