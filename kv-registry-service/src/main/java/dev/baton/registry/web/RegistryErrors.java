package dev.baton.registry.web;

import dev.baton.contracts.MalformedRecordException;
import io.lettuce.core.RedisException;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/** Errors in the shape {@code {"error": {"message", "type", "param", "code"}}}. */
@RestControllerAdvice
class RegistryErrors {
  /** The error object; {@code param} is always null here. */
  record Body(Error error) {
    record Error(String message, String type, @Nullable String param, String code) {}
  }

  @ExceptionHandler({MalformedRecordException.class, IllegalArgumentException.class})
  ResponseEntity<Body> malformed(IllegalArgumentException e) {
    return answer(HttpStatus.BAD_REQUEST, "invalid_request_error", "malformed", e);
  }

  @ExceptionHandler(NoLaneFreeException.class)
  ResponseEntity<Body> full(NoLaneFreeException e) {
    return answer(HttpStatus.SERVICE_UNAVAILABLE, "unavailable_error", "no_lane_free", e);
  }

  @ExceptionHandler({DataAccessException.class, RedisException.class})
  ResponseEntity<Body> redis(RuntimeException e) {
    return answer(HttpStatus.SERVICE_UNAVAILABLE, "unavailable_error", "redis_unavailable", e);
  }

  private static ResponseEntity<Body> answer(
      HttpStatus status, String type, String code, RuntimeException e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    var answer = ResponseEntity.status(status);
    if (status == HttpStatus.SERVICE_UNAVAILABLE) {
      answer = answer.header(HttpHeaders.RETRY_AFTER, "1");
    }
    return answer.body(new Body(new Body.Error(message, type, null, code)));
  }
}
