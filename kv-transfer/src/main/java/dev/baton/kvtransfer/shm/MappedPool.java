package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.SharedUse;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A holder's pool file, mapped read-only until it is given up and the last copy is done. */
final class MappedPool {
  private final MemorySegment file;
  private final PoolTrailer trailer;
  private final long blockBytes;
  private final SharedUse use;

  private MappedPool(Arena arena, MemorySegment file, PoolTrailer trailer, long blockBytes) {
    this.file = file;
    this.trailer = trailer;
    this.blockBytes = blockBytes;
    this.use = new SharedUse(arena::close);
  }

  @SuppressWarnings(
      "MustBeClosedChecker") // closed when the pool is given up and the last user left
  static MappedPool map(Path path, RemotePool remote, long nonceHigh, long nonceLow)
      throws AttachException {
    long blockBytes = remote.blockBytes();
    int blockCount = remote.blockCount();
    long bytes = PoolTrailer.offset(blockBytes, blockCount) + PoolTrailer.BYTES;
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      if (channel.size() < bytes) {
        throw new AttachException(path + " has " + channel.size() + " bytes instead of " + bytes);
      }
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
      PoolTrailer trailer = PoolTrailer.of(file, blockBytes, blockCount);
      if (!trailer.describes(nonceHigh, nonceLow, blockBytes, blockCount)) {
        throw new AttachException(path + " is another file here than at the holder");
      }
      return new MappedPool(arena, file, trailer, blockBytes);
    } catch (AttachException e) {
      arena.close();
      throw e;
    } catch (IOException e) {
      arena.close();
      throw new AttachException("cannot map " + path + ": " + e, e);
    }
  }

  /** Keeps the file mapped; whoever reads must have entered. */
  SharedUse use() {
    return use;
  }

  /** The bytes of one block. */
  MemorySegment block(int index) {
    return file.asSlice(index * blockBytes, blockBytes);
  }

  /** The holder's epoch as it stands in the file now. */
  long epoch() {
    return trailer.epoch();
  }
}
