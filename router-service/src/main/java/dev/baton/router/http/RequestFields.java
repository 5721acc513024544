package dev.baton.router.http;

import dev.baton.router.errors.ApiException;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Typed access to a request's fields; a wrong type or range is a 400 that names the field. */
public final class RequestFields {
  private final JsonNode body;

  public RequestFields(JsonNode body) {
    this.body = body;
  }

  /** The field's value, null where it is absent or JSON null. */
  public @Nullable JsonNode get(String field) {
    @Nullable JsonNode value = body.get(field);
    return value == null || value.isNull() ? null : value;
  }

  public String requiredString(String field) {
    @Nullable JsonNode value = get(field);
    if (value == null) {
      throw ApiException.invalid(
          field, "missing_required_parameter", "Missing required parameter: '" + field + "'.");
    }
    if (!value.isString()) {
      throw invalidType(field, "a string");
    }
    return value.stringValue();
  }

  public Optional<String> optionalString(String field) {
    return get(field) == null ? Optional.empty() : Optional.of(requiredString(field));
  }

  public boolean flag(String field) {
    @Nullable JsonNode value = get(field);
    if (value == null) {
      return false;
    }
    if (!value.isBoolean()) {
      throw invalidType(field, "a boolean");
    }
    return value.booleanValue();
  }

  public OptionalLong integer(String field, long min, long max) {
    @Nullable JsonNode value = get(field);
    if (value == null) {
      return OptionalLong.empty();
    }
    if (!value.isIntegralNumber()) {
      throw invalidType(field, "an integer");
    }
    if (!value.canConvertToLong() || value.longValue() < min || value.longValue() > max) {
      throw outOfRange(field, value, min, max);
    }
    return OptionalLong.of(value.longValue());
  }

  public OptionalDouble number(String field, double min, double max) {
    @Nullable JsonNode value = get(field);
    if (value == null) {
      return OptionalDouble.empty();
    }
    if (!value.isNumber()) {
      throw invalidType(field, "a number");
    }
    double number = value.doubleValue();
    if (!(number >= min && number <= max)) {
      throw outOfRange(field, value, min, max);
    }
    return OptionalDouble.of(number);
  }

  public static ApiException invalidType(String field, String expected) {
    return ApiException.invalid(
        field, "invalid_type", "Invalid type for '" + field + "': expected " + expected + ".");
  }

  public static ApiException unsupported(String field, String message) {
    return ApiException.invalid(field, "unsupported_parameter", message);
  }

  private static ApiException outOfRange(String field, JsonNode value, Object min, Object max) {
    return ApiException.invalid(
        field,
        "invalid_value",
        "Invalid value for '"
            + field
            + "': must be between "
            + min
            + " and "
            + max
            + ", was "
            + value
            + ".");
  }
}
