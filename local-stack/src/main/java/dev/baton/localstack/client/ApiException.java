package dev.baton.localstack.client;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API answered with an error: its status and the parts of the error object. */
public final class ApiException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;
  private final String code;

  private ApiException(int status, String type, String code, String message) {
    super(message);
    this.status = status;
    this.type = type;
    this.code = code;
  }

  /** From a body of the documented shape, or from any other, whose text becomes the message. */
  public static ApiException parse(int status, String body) {
    try {
      JsonNode error = JsonMapper.shared().readTree(body).path("error");
      if (error.isObject()) {
        return new ApiException(
            status,
            error.path("type").asString(""),
            error.path("code").asString(""),
            error.path("message").asString(""));
      }
    } catch (JacksonException notJson) {
      // The body itself is the best explanation there is.
    }
    return new ApiException(status, "", "", "status " + status + ": " + body);
  }

  /** HTTP status; 200 when the error came at the end of a stream that began well. */
  public int status() {
    return status;
  }

  public String type() {
    return type;
  }

  public String code() {
    return code;
  }
}
