package dev.baton.router.errors;

/** OpenAI's classes of error. */
public final class ErrorTypes {
  public static final String INVALID_REQUEST = "invalid_request_error";
  public static final String AUTHENTICATION = "authentication_error";
  public static final String RATE_LIMIT = "rate_limit_error";
  public static final String SERVER = "server_error";

  private ErrorTypes() {}
}
