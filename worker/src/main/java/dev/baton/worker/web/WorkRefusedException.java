package dev.baton.worker.web;

/** Work that this worker cannot take on, now or ever, with the HTTP status that says so. */
public final class WorkRefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;

  public WorkRefusedException(int status, String code, String message) {
    super(message, null, false, false);
    this.status = status;
    this.code = code;
  }

  int status() {
    return status;
  }

  String code() {
    return code;
  }
}
