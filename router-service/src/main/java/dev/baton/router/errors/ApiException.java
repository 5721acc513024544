package dev.baton.router.errors;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** A failure that a client may read: rendered as {@code {"error": {...}}} with its status. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final HttpStatus status;
  private final String type;
  private final @Nullable String code;
  private final @Nullable String param;
  private final @Nullable Duration retryAfter;

  /**
   * @param type OpenAI's class of error, such as {@code invalid_request_error}
   * @param code what exactly, for programs
   * @param param the request's parameter at fault
   * @param retryAfter when trying again makes sense; always given with 429 and 503
   */
  public ApiException(
      HttpStatus status,
      String type,
      @Nullable String code,
      @Nullable String param,
      String message,
      @Nullable Duration retryAfter) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
    this.retryAfter = retryAfter;
  }

  /** 400 for one parameter. */
  public static ApiException invalid(@Nullable String param, String code, String message) {
    return new ApiException(
        HttpStatus.BAD_REQUEST, ErrorTypes.INVALID_REQUEST, code, param, message, null);
  }

  /** 503: nobody can serve this now. */
  public static ApiException unavailable(String code, String message, Duration retryAfter) {
    return new ApiException(
        HttpStatus.SERVICE_UNAVAILABLE, ErrorTypes.SERVER, code, null, message, retryAfter);
  }

  public HttpStatus status() {
    return status;
  }

  public String type() {
    return type;
  }

  public @Nullable String code() {
    return code;
  }

  public @Nullable String param() {
    return param;
  }

  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /** {@link #getMessage()}, never null. */
  public String message() {
    String message = getMessage();
    return message == null ? type : message;
  }
}
