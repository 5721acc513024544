package dev.baton.engine;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.ModelFingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Tells models apart without reading all of their weights: a model is what its KV blocks are
 * computed from and kept as, so that workers whose blocks would differ do not exchange them.
 *
 * <p>A fingerprint is the first 16 bytes of the SHA-256 over: how matrices and the KV pool are kept
 * (see {@link EngineConfig#keptMatrices}), the bytes of {@code config.json}, and for each weight
 * file in order of name its name, its size, its header (8 bytes of length and the JSON), and
 * {@value #WINDOWS} windows of {@value #WINDOW_BYTES} bytes spread evenly over its data, the first
 * at its beginning and the last at its end (all of the data where it is smaller than the windows
 * together). Every part is preceded by its length. Fine-tunes of one shape differ nearly
 * everywhere, so they differ in the windows.
 */
final class ModelFingerprints {
  private static final int WINDOWS = 64;
  private static final int WINDOW_BYTES = 4096;

  private final MessageDigest digest;

  private ModelFingerprints() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  static ModelFingerprint of(ModelDirectory directory, String matrices, KvDtype kv) {
    ModelFingerprints fingerprints = new ModelFingerprints();
    fingerprints.part(matrices);
    fingerprints.part(kv.name());
    Path file = directory.configFile();
    try {
      fingerprints.part(ByteBuffer.wrap(Files.readAllBytes(file)));
      for (Path weights : directory.weightFiles()) {
        file = weights;
        fingerprints.weights(weights);
      }
    } catch (IOException failed) {
      throw new ModelLoadException(file, "cannot be read: " + failed.getMessage());
    }
    return new ModelFingerprint(HexFormat.of().formatHex(fingerprints.digest.digest(), 0, 16));
  }

  private void weights(Path file) throws IOException {
    part(file.getFileName().toString());
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      part(number(size));
      long header = Long.BYTES + read(channel, 0, Long.BYTES).getLong();
      part(read(channel, 0, Math.toIntExact(header)));
      long data = size - header;
      if (data <= (long) WINDOWS * WINDOW_BYTES) {
        part(read(channel, header, (int) data));
        return;
      }
      for (int i = 0; i < WINDOWS; i++) {
        long start = header + (data - WINDOW_BYTES) * i / (WINDOWS - 1);
        part(read(channel, start, WINDOW_BYTES));
      }
    }
  }

  private void part(String text) {
    part(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
  }

  private void part(ByteBuffer bytes) {
    digest.update(number(bytes.remaining()));
    digest.update(bytes);
  }

  private static ByteBuffer number(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).rewind();
  }

  private static ByteBuffer read(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("ends before byte " + (position + bytes));
      }
    }
    return buffer.flip();
  }
}
