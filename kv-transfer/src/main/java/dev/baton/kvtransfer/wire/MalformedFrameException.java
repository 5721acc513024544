package dev.baton.kvtransfer.wire;

import java.io.IOException;

/** Bytes that are no frame of this protocol. The connection they came over must close. */
public final class MalformedFrameException extends IOException {
  private static final long serialVersionUID = 1L;

  public MalformedFrameException(String message) {
    super(message);
  }
}
