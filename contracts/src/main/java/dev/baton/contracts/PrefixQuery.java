package dev.baton.contracts;

/** Asks who holds how much of a prompt. */
public record PrefixQuery(int version, BlockHashes hashes) {
  public static final int VERSION = 1;

  public PrefixQuery {
    Checks.version("PrefixQuery", version, VERSION);
  }
}
