package dev.baton.router.errors;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code {"error": {"message", "type", "param", "code"}}}: the one shape of every failure. */
public final class ErrorBody {
  private static final JsonMapper JSON = JsonMapper.shared();

  private ErrorBody() {}

  /** JSON text of the error object. Anything but an {@link ApiException} shows no internals. */
  public static String json(Throwable failure) {
    return failure instanceof ApiException api
        ? json(api.message(), api.type(), api.param(), api.code())
        : json(unexpected());
  }

  static byte[] bytes(ApiException failure) {
    return json(failure).getBytes(StandardCharsets.UTF_8);
  }

  static ApiException unexpected() {
    return new ApiException(
        HttpStatus.INTERNAL_SERVER_ERROR,
        ErrorTypes.SERVER,
        "internal_error",
        null,
        "The server had an error while processing the request.",
        null);
  }

  private static String json(
      String message, String type, @Nullable String param, @Nullable String code) {
    ObjectNode error = JSON.createObjectNode();
    error.put("message", message).put("type", type).put("param", param).put("code", code);
    return JSON.createObjectNode().set("error", error).toString();
  }
}
