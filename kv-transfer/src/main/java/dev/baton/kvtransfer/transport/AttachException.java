package dev.baton.kvtransfer.transport;

import org.jspecify.annotations.Nullable;

/** Why a pair of workers cannot use a transport; the next best one is tried. */
public final class AttachException extends Exception {
  private static final long serialVersionUID = 1L;

  public AttachException(String message) {
    this(message, null);
  }

  public AttachException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
