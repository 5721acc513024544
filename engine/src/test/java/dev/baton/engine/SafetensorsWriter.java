package dev.baton.engine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** Writes weight files, copies model directories and damages them. */
final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /** A tensor to write. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Entry(String name, String dtype, List<Long> shape, byte[] bytes) {}

  static List<Entry> read(Path file) {
    List<Entry> entries = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      for (Tensor tensor : SafetensorsFile.map(file, arena)) {
        byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        entries.add(new Entry(tensor.name(), tensor.type().name(), tensor.shape(), bytes));
      }
    }
    return entries;
  }

  static void write(Path file, List<Entry> tensors) {
    StringJoiner header = new StringJoiner(",", "{", "}");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    for (Entry tensor : tensors) {
      int begin = data.size();
      data.writeBytes(tensor.bytes());
      header.add(
          "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(tensor.name(), tensor.dtype(), tensor.shape(), begin, data.size()));
    }
    byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(Long.BYTES + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
    try {
      Files.write(file, out.putLong(json.length).put(json).put(data.toByteArray()).array());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static Path copy(Path model, Path to) {
    try (Stream<Path> files = Files.list(model)) {
      Files.createDirectories(to);
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName().toString()));
      }
      return to;
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Rewrites the JSON header and keeps the data. */
  static void editHeader(Path file, UnaryOperator<String> edit) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      byte[] header = new byte[Math.toIntExact(bytes.getLong())];
      bytes.get(header);
      byte[] edited =
          edit.apply(new String(header, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
      ByteBuffer out =
          ByteBuffer.allocate(Long.BYTES + edited.length + bytes.remaining())
              .order(ByteOrder.LITTLE_ENDIAN);
      Files.write(file, out.putLong(edited.length).put(edited).put(bytes).array());
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static void editText(Path file, UnaryOperator<String> edit) {
    try {
      String before = Files.readString(file);
      String after = edit.apply(before);
      if (after.equals(before)) {
        throw new IllegalStateException("nothing was changed in " + file);
      }
      Files.writeString(file, after);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  static void truncate(Path file, long bytes) {
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Overwrites {@code length} bytes that end {@code fromEnd} bytes before the end of the file. */
  static void fill(Path file, long fromEnd, int length, byte value) {
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      byte[] bytes = new byte[length];
      java.util.Arrays.fill(bytes, value);
      channel.write(ByteBuffer.wrap(bytes), channel.size() - fromEnd - length);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
