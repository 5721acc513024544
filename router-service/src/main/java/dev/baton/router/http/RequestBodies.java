package dev.baton.router.http;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads request bodies: bounded, strictly UTF-8, strictly JSON. Every failure is a 4xx. */
public final class RequestBodies {
  private static final JsonMapper JSON = JsonMapper.shared();

  private RequestBodies() {}

  /**
   * The whole body, empty where there is none. Errors with {@link ApiException}: 413 as soon as it
   * is known to be longer than {@code limit} bytes, 408 where it is not there in time, 503 where
   * all requests together hold too much.
   */
  public static Mono<byte[]> read(
      ServerHttpRequest request, int limit, Duration timeout, HeldBytes.Share held) {
    if (request.getHeaders().getContentLength() > limit) {
      return Mono.error(tooLarge(limit));
    }
    Flux<DataBuffer> counted = request.getBody().map(buffer -> count(buffer, held));
    return DataBufferUtils.join(counted, limit)
        .map(RequestBodies::drain)
        .defaultIfEmpty(new byte[0])
        .timeout(timeout)
        .onErrorMap(DataBufferLimitException.class, e -> tooLarge(limit))
        .onErrorMap(TimeoutException.class, e -> tooSlow(timeout));
  }

  private static DataBuffer count(DataBuffer buffer, HeldBytes.Share held) {
    try {
      held.add(buffer.readableByteCount());
      return buffer;
    } catch (ApiException e) {
      DataBufferUtils.release(buffer);
      throw e;
    }
  }

  private static ApiException tooSlow(Duration timeout) {
    return new ApiException(
        HttpStatus.REQUEST_TIMEOUT,
        ErrorTypes.INVALID_REQUEST,
        "request_timeout",
        null,
        "The request body did not arrive within " + timeout.toSeconds() + " s.",
        null);
  }

  /** 413 that names the limit. */
  private static ApiException tooLarge(int limit) {
    return new ApiException(
        HttpStatus.CONTENT_TOO_LARGE,
        ErrorTypes.INVALID_REQUEST,
        "request_too_large",
        null,
        "The request body is longer than the limit of " + limit + " bytes.",
        null);
  }

  /**
   * The request's media type: one of {@code accepted}, or the first of them where the request names
   * none.
   *
   * @throws ApiException 415 for any other
   */
  public static MediaType mediaType(HttpHeaders headers, MediaType... accepted) {
    @Nullable MediaType type;
    try {
      type = headers.getContentType();
    } catch (IllegalArgumentException e) {
      throw unsupportedMediaType("The Content-Type header cannot be parsed.");
    }
    if (type == null) {
      return accepted[0];
    }
    for (MediaType candidate : accepted) {
      if (candidate.isCompatibleWith(type)) {
        return candidate;
      }
    }
    throw unsupportedMediaType(
        "The Content-Type " + type + " is not supported, use " + accepted[0] + ".");
  }

  /**
   * @throws ApiException 400 for bytes that are no UTF-8
   */
  public static String utf8(byte[] body) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException e) {
      throw ApiException.invalid(null, "invalid_utf8", "The request body is not valid UTF-8.");
    }
  }

  /**
   * @throws ApiException 400 for anything but one JSON object
   */
  public static JsonNode object(byte[] body) {
    JsonNode json;
    try {
      json = JSON.readTree(utf8(body));
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw ApiException.invalid(
          null,
          "invalid_json",
          "The request body is not valid JSON"
              + (at == null
                  ? "."
                  : " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")."));
    }
    if (!json.isObject()) {
      throw ApiException.invalid(null, "invalid_json", "The request body must be a JSON object.");
    }
    return json;
  }

  private static byte[] drain(DataBuffer buffer) {
    byte[] bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }

  private static ApiException unsupportedMediaType(String message) {
    return new ApiException(
        HttpStatus.UNSUPPORTED_MEDIA_TYPE,
        ErrorTypes.INVALID_REQUEST,
        "unsupported_media_type",
        null,
        message,
        null);
  }
}
