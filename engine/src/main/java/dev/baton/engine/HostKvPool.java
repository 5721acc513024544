package dev.baton.engine;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** A file of zeros, for its owner's eyes alone, mapped as KV pool; deleted when closed. */
final class HostKvPool implements AutoCloseable {
  private static final int CHUNK = 1 << 20;

  private final Path file;
  private final Arena arena;
  private final MemorySegment segment;

  private HostKvPool(Path file, Arena arena, MemorySegment segment) {
    this.file = file;
    this.arena = arena;
    this.segment = segment;
  }

  /** Replaces a file that an earlier process may have left. */
  @SuppressWarnings("MustBeClosedChecker") // closed by close()
  static HostKvPool create(Path file, long bytes) {
    Arena arena = Arena.ofShared();
    try {
      Files.deleteIfExists(file);
      if (file.getParent() != null) {
        Files.createDirectories(file.getParent());
      }
      try (FileChannel channel =
          FileChannel.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
        fill(channel, bytes);
        return new HostKvPool(file, arena, channel.map(MapMode.READ_WRITE, 0, bytes, arena));
      }
    } catch (IOException failed) {
      arena.close();
      deleteQuietly(file);
      throw new EngineException(
          "KV pool of %d bytes cannot be made at %s: %s".formatted(bytes, file, failed));
    }
  }

  /** Writes every page: a hole would be a fault later, when the file system is full. */
  private static void fill(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocateDirect(CHUNK);
    for (long left = bytes; left > 0; ) {
      zeros.position(0).limit((int) Math.min(CHUNK, left));
      left -= channel.write(zeros);
    }
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException unimportant) {
      file.toFile().deleteOnExit();
    }
  }

  Path file() {
    return file;
  }

  MemorySegment segment() {
    return segment;
  }

  @Override
  public void close() {
    deleteQuietly(file);
    arena.close();
  }
}
