package dev.baton.contracts;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.cfg.MapperBuilder;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.cbor.CBORMapper;

/**
 * Encodes and decodes records: CBOR (RFC 8949) on Kafka, JSON over HTTP. Thread-safe. A record that
 * does not fit is a {@link MalformedRecordException}, never a half-read object.
 */
public final class WireCodec {
  private static final ObjectMapper CBOR = configure(CBORMapper.builder()).build();
  private static final ObjectMapper JSON = configure(JsonMapper.builder()).build();

  private WireCodec() {}

  public static byte[] toCbor(Object record) {
    return CBOR.writeValueAsBytes(record);
  }

  public static <T> T fromCbor(byte[] bytes, Class<T> type) {
    return read(CBOR, bytes, type);
  }

  public static byte[] toJson(Object record) {
    return JSON.writeValueAsBytes(record);
  }

  public static <T> T fromJson(byte[] bytes, Class<T> type) {
    return read(JSON, bytes, type);
  }

  private static <T> T read(ObjectMapper mapper, byte[] bytes, Class<T> type) {
    try {
      T value = mapper.readValue(bytes, type);
      if (value == null) {
        throw new MalformedRecordException("empty " + type.getSimpleName(), null);
      }
      return value;
    } catch (JacksonException e) {
      throw new MalformedRecordException(
          "not a " + type.getSimpleName() + ": " + e.getOriginalMessage(), e);
    }
  }

  private static <B extends MapperBuilder<?, B>> B configure(B builder) {
    return builder
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
        .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES);
  }
}
