package dev.baton.worker.tiers;

import dev.baton.contracts.BlockHash;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One segment file: a page with the {@link SegmentHeader}, a table with an entry for each record,
 * and the blocks, which begin at a page. A record counts once its entry is written, which happens
 * after its block is, and is taken out before the block is overwritten. An entry is:
 *
 * <pre>
 *   0  commit word: CRC32C of the entry behind it; 0: no record
 *   4  digest of the block, CRC32C
 *   8  name of the block, 16 bytes
 * </pre>
 *
 * Blocks are read through a mapping and written through the channel, so that a full disk is an
 * exception here and no fault of the process.
 */
final class Segment implements AutoCloseable {
  private static final int PAGE = 4096;
  private static final int ENTRY = 24;
  private static final int ZEROES = 1 << 20;

  private final FileChannel channel;
  private final MemorySegment mapped;
  private final int records;
  private final long blockBytes;
  private final long blocksAt;

  private Segment(FileChannel channel, SegmentHeader header) throws IOException {
    this.channel = channel;
    this.records = header.records();
    this.blockBytes = header.layout().blockBytes();
    this.blocksAt = blocksAt(records);
    // Unmapped when nobody refers to it any more: a read that a broken disk holds up delays
    // nothing.
    this.mapped =
        channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes(records, blockBytes), Arena.ofAuto());
  }

  /**
   * Makes a file of full size.
   *
   * @throws IOException also when the disk has no room for it; there is no file then
   */
  static Segment create(Path file, SegmentHeader header) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE);
    try {
      reserve(channel, bytes(header.records(), header.layout().blockBytes()));
      write(channel, ByteBuffer.wrap(header.encoded()), 0);
      return new Segment(channel, header);
    } catch (IOException e) {
      channel.close();
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** A file that is there; empty if it is not one with exactly this header. */
  static Optional<Segment> open(Path file, SegmentHeader header) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      ByteBuffer found = ByteBuffer.allocate(SegmentHeader.BYTES);
      channel.read(found, 0);
      long size = bytes(header.records(), header.layout().blockBytes());
      if (Arrays.equals(found.array(), header.encoded()) && channel.size() == size) {
        return Optional.of(new Segment(channel, header));
      }
      channel.close();
      return Optional.empty();
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  int records() {
    return records;
  }

  /** The name and digest of a record, if there is a whole one. */
  record Entry(BlockHash hash, int digest) {}

  Optional<Entry> entry(int record) {
    ByteBuffer entry =
        mapped
            .asSlice(PAGE + (long) record * ENTRY, ENTRY)
            .asByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    int commit = entry.getInt();
    if (commit == 0 || commit != commit(entry.duplicate())) {
      return Optional.empty();
    }
    int digest = entry.order(ByteOrder.LITTLE_ENDIAN).getInt();
    return Optional.of(new Entry(new BlockHash(entry.getLong(), entry.getLong()), digest));
  }

  MemorySegment block(int record) {
    return mapped.asSlice(blocksAt + record * blockBytes, blockBytes);
  }

  void write(int record, BlockHash hash, int digest, MemorySegment block) throws IOException {
    erase(record);
    write(channel, block.asByteBuffer(), blocksAt + record * blockBytes);
    ByteBuffer entry = ByteBuffer.allocate(ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    entry.position(4).putInt(digest).putLong(hash.high()).putLong(hash.low());
    entry.putInt(0, commit(entry.duplicate().position(4)));
    write(channel, entry.flip(), PAGE + (long) record * ENTRY);
  }

  void erase(int record) throws IOException {
    write(channel, ByteBuffer.allocate(4), PAGE + (long) record * ENTRY);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Whatever was written is written; there is nothing left to do with the file.
    }
  }

  /** Never 0, which stands for no record. */
  private static int commit(ByteBuffer behindCommit) {
    CRC32C crc = new CRC32C();
    crc.update(behindCommit.limit(ENTRY));
    return crc.getValue() == 0 ? 1 : (int) crc.getValue();
  }

  private static long blocksAt(int records) {
    return PAGE + Math.ceilDiv((long) records * ENTRY, PAGE) * (long) PAGE;
  }

  private static long bytes(int records, long blockBytes) {
    return blocksAt(records) + records * blockBytes;
  }

  /** A sparse file would run out of disk when it is too late to say so. */
  private static void reserve(FileChannel channel, long bytes) throws IOException {
    ByteBuffer zeroes = ByteBuffer.allocateDirect(ZEROES);
    for (long at = 0; at < bytes; at += ZEROES) {
      write(channel, zeroes.clear().limit((int) Math.min(ZEROES, bytes - at)), at);
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes, long at) throws IOException {
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
