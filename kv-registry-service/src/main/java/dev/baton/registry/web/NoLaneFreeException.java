package dev.baton.registry.web;

/** Every lane is on lease. */
final class NoLaneFreeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NoLaneFreeException() {
    super("every lane is on lease; a lane is free again when its worker leaves or its lease ends");
  }
}
