package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slots in {@link Segment} files of one directory, which outlive the process. The directory belongs
 * to one process at a time. Files of another model, layout or version, and those beyond the
 * capacity, are removed at start.
 */
final class DiskSlots implements SlotStorage {
  private static final Logger log = LoggerFactory.getLogger(DiskSlots.class);

  private final Path directory;
  private final SegmentHeader header;
  private final @Nullable Segment[] segments;
  private final List<Found> found = new ArrayList<>();
  private final List<Integer> empty = new ArrayList<>();
  private final FileChannel lock;

  /**
   * @param segments most files
   * @throws IOException also when another process has the directory
   */
  DiskSlots(Path directory, SegmentHeader header, int segments) throws IOException {
    this.directory = directory;
    this.header = header;
    this.segments = new @Nullable Segment[segments];
    Files.createDirectories(directory);
    this.lock = lock(directory);
    try {
      openAll();
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  @Override
  public int capacity() {
    return segments.length * header.records();
  }

  @Override
  public List<Found> found() {
    return found;
  }

  @Override
  public List<Integer> empty() {
    return empty;
  }

  @Override
  public List<Integer> grow() throws IOException {
    for (int i = 0; i < segments.length; i++) {
      if (segments[i] == null) {
        segments[i] = Segment.create(file(i), header);
        return slots(i).boxed().toList();
      }
    }
    return List.of();
  }

  @Override
  public void write(int slot, BlockHash hash, int digest, MemorySegment block) throws IOException {
    segment(slot).write(slot % header.records(), hash, digest, block);
  }

  @Override
  public MemorySegment slot(int slot) {
    return segment(slot).block(slot % header.records());
  }

  @Override
  public void erase(int slot) throws IOException {
    segment(slot).erase(slot % header.records());
  }

  @Override
  public void close() {
    for (Segment segment : segments) {
      if (segment != null) {
        segment.close();
      }
    }
    try {
      lock.close();
    } catch (IOException e) {
      log.warn("The lock of {} is not given back before this process ends", directory, e);
    }
  }

  private static FileChannel lock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Said below.
    }
    channel.close();
    throw new IOException("another worker keeps its blocks in " + directory);
  }

  private void openAll() throws IOException {
    for (Path file : files()) {
      int number = number(file);
      Optional<Segment> segment =
          number < segments.length ? Segment.open(file, header) : Optional.empty();
      if (segment.isEmpty()) {
        log.warn(
            "{} is removed: it is of another model, layout or version, damaged, or beyond the"
                + " capacity",
            file);
        Files.delete(file);
        continue;
      }
      segments[number] = segment.get();
      slots(number).forEach(slot -> recover(segment.get(), slot));
    }
  }

  private void recover(Segment segment, int slot) {
    segment
        .entry(slot % header.records())
        .ifPresentOrElse(
            entry -> found.add(new Found(slot, entry.hash(), entry.digest())),
            () -> empty.add(slot));
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.getFileName().toString().matches("segment-\\d{5}\\.kv"))
          .sorted()
          .toList();
    }
  }

  private static int number(Path file) {
    return Integer.parseInt(file.getFileName().toString().substring(8, 13));
  }

  private Path file(int number) {
    return directory.resolve("segment-%05d.kv".formatted(number));
  }

  private IntStream slots(int segment) {
    return IntStream.range(segment * header.records(), (segment + 1) * header.records());
  }

  private Segment segment(int slot) {
    Segment segment = segments[slot / header.records()];
    if (segment == null) {
      throw new IllegalStateException("slot " + slot + " has no segment");
    }
    return segment;
  }
}
