package dev.baton.router.deals;

import dev.baton.router.errors.ApiException;
import dev.baton.router.http.RequestBodies;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import tools.jackson.databind.JsonNode;

/**
 * A checked request for an analysis.
 *
 * @param model null for the first served model
 */
record DealRequest(String memo, boolean stream, @Nullable String model) {

  /** JSON, or the bare memo as {@code text/plain} (streamed where the client accepts events). */
  static DealRequest read(HttpHeaders headers, byte[] body) {
    MediaType type =
        RequestBodies.mediaType(headers, MediaType.APPLICATION_JSON, MediaType.TEXT_PLAIN);
    DealRequest request =
        type.equals(MediaType.TEXT_PLAIN)
            ? new DealRequest(RequestBodies.utf8(body), acceptsEvents(headers), null)
            : json(RequestBodies.object(body));
    if (request.memo().isBlank()) {
      throw ApiException.invalid("memo", "empty_memo", "The memo is empty.");
    }
    return request;
  }

  private static DealRequest json(JsonNode body) {
    JsonNode memo = body.path("memo");
    if (memo.isMissingNode() || memo.isNull()) {
      throw ApiException.invalid(
          "memo", "missing_required_parameter", "Missing required parameter: 'memo'.");
    }
    if (!memo.isString()) {
      throw invalidType("memo", "a string");
    }
    JsonNode stream = body.path("stream");
    if (!stream.isMissingNode() && !stream.isNull() && !stream.isBoolean()) {
      throw invalidType("stream", "a boolean");
    }
    JsonNode model = body.path("model");
    if (!model.isMissingNode() && !model.isNull() && !model.isString()) {
      throw invalidType("model", "a string");
    }
    return new DealRequest(
        memo.stringValue(), stream.asBoolean(false), model.isString() ? model.stringValue() : null);
  }

  private static boolean acceptsEvents(HttpHeaders headers) {
    try {
      return headers.getAccept().stream()
          .anyMatch(type -> type.equalsTypeAndSubtype(MediaType.TEXT_EVENT_STREAM));
    } catch (InvalidMediaTypeException e) {
      throw ApiException.invalid(null, "invalid_accept", "The Accept header cannot be parsed.");
    }
  }

  private static ApiException invalidType(String field, String expected) {
    return ApiException.invalid(
        field, "invalid_type", "Invalid type for '" + field + "': expected " + expected + ".");
  }
}
