package dev.baton.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of the safetensors format: 8 bytes of header length, a JSON header of {@code name →
 * {dtype, shape, data_offsets}}, and the data. Everything is checked against the file's real size
 * before a byte of data is touched, so a bad file is an exception and never a fault.
 */
final class SafetensorsFile {
  private static final long MAX_HEADER = 100L << 20;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(tools.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private SafetensorsFile() {}

  /** Maps {@code file} for the life of {@code arena} and returns its tensors. */
  static List<Tensor> map(Path file, Arena arena) {
    MemorySegment bytes;
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (NoSuchFileException missing) {
      throw new ModelLoadException(file, "no such file");
    } catch (IOException failed) {
      throw new ModelLoadException(file, "cannot be read: " + failed.getMessage());
    }
    if (bytes.byteSize() < Long.BYTES) {
      throw new ModelLoadException(file, "truncated: " + bytes.byteSize() + " bytes");
    }
    long headerLength =
        bytes.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
    if (headerLength < 2 || headerLength > MAX_HEADER) {
      throw new ModelLoadException(file, "header of " + headerLength + " bytes is not plausible");
    }
    if (headerLength > bytes.byteSize() - Long.BYTES) {
      throw new ModelLoadException(
          file,
          "truncated: header of " + headerLength + " bytes in " + bytes.byteSize() + " bytes");
    }
    MemorySegment data = bytes.asSlice(Long.BYTES + headerLength);
    return tensors(file, header(file, bytes.asSlice(Long.BYTES, headerLength)), data);
  }

  private static JsonNode header(Path file, MemorySegment json) {
    try {
      JsonNode header = JSON.readTree(json.toArray(ValueLayout.JAVA_BYTE));
      if (!header.isObject()) {
        throw new ModelLoadException(file, "header is not a JSON object");
      }
      return header;
    } catch (JacksonException malformed) {
      throw new ModelLoadException(
          file, "header is not valid JSON: " + malformed.getOriginalMessage());
    }
  }

  private static List<Tensor> tensors(Path file, JsonNode header, MemorySegment data) {
    List<Placed> placed = new ArrayList<>();
    for (Map.Entry<String, JsonNode> entry : header.properties()) {
      if (!entry.getKey().equals("__metadata__")) {
        placed.add(place(file, entry.getKey(), entry.getValue(), data));
      }
    }
    placed.sort(Comparator.comparingLong(Placed::begin));
    for (int i = 1; i < placed.size(); i++) {
      Placed before = placed.get(i - 1);
      Placed here = placed.get(i);
      if (here.begin < before.end) {
        throw new ModelLoadException(
            file, here.tensor.name(), "overlaps tensor " + before.tensor.name());
      }
    }
    return placed.stream().map(Placed::tensor).toList();
  }

  private record Placed(Tensor tensor, long begin, long end) {}

  private static Placed place(Path file, String name, JsonNode entry, MemorySegment data) {
    String dtype = entry.path("dtype").asString("");
    TensorType type =
        TensorType.of(dtype)
            .orElseThrow(() ->
                new ModelLoadException(
                    file,
                    name,
                    "dtype \""
                        + dtype
                        + "\" is not one of "
                        + Arrays.toString(TensorType.values())));
    List<Long> shape = longs(file, name, entry.path("shape"), "shape");
    List<Long> offsets = longs(file, name, entry.path("data_offsets"), "data_offsets");
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw new ModelLoadException(file, name, "data_offsets " + offsets + " are not a range");
    }
    long begin = offsets.get(0);
    long end = offsets.get(1);
    if (end > data.byteSize()) {
      throw new ModelLoadException(
          file,
          name,
          "data ends at byte "
              + end
              + " of "
              + data.byteSize()
              + ": the file is truncated or the offsets are wrong");
    }
    long expected = type.bytes();
    try {
      for (long size : shape) {
        expected = Math.multiplyExact(expected, size);
      }
    } catch (ArithmeticException overflow) {
      throw new ModelLoadException(file, name, "shape " + shape + " is too large");
    }
    if (expected != end - begin) {
      throw new ModelLoadException(
          file,
          name,
          "%d bytes of data for shape %s of %s, which has %d"
              .formatted(end - begin, shape, type, expected));
    }
    return new Placed(
        new Tensor(name, type, shape, data.asSlice(begin, end - begin), file), begin, end);
  }

  private static List<Long> longs(Path file, String name, JsonNode array, String what) {
    List<Long> values = new ArrayList<>();
    if (!array.isArray()) {
      throw new ModelLoadException(file, name, what + " is missing");
    }
    for (JsonNode value : array) {
      if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < 0) {
        throw new ModelLoadException(file, name, what + " has the element " + value);
      }
      values.add(value.asLong());
    }
    return values;
  }
}
