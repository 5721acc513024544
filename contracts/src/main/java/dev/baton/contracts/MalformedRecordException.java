package dev.baton.contracts;

import org.jspecify.annotations.Nullable;

/** Bytes that are not the record they should be. The message says which field and why. */
public final class MalformedRecordException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public MalformedRecordException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
