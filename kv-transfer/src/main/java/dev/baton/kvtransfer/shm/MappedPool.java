package dev.baton.kvtransfer.shm;

import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.RemotePool;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A holder's pool file, mapped read-only until it is given up and the last copy is done. */
final class MappedPool {
  private final Arena arena;
  private final MemorySegment file;
  private final PoolTrailer trailer;
  private final long blockBytes;
  private int users;
  private boolean givenUp;

  private MappedPool(Arena arena, MemorySegment file, PoolTrailer trailer, long blockBytes) {
    this.arena = arena;
    this.file = file;
    this.trailer = trailer;
    this.blockBytes = blockBytes;
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

  /** The bytes of one block; only between {@link #enter} and {@link #leave}. */
  MemorySegment block(int index) {
    return file.asSlice(index * blockBytes, blockBytes);
  }

  /** The holder's epoch as it stands in the file now; only between enter and leave. */
  long epoch() {
    return trailer.epoch();
  }

  /** Keeps the mapping; false once it was given up. */
  synchronized boolean enter() {
    if (givenUp) {
      return false;
    }
    users++;
    return true;
  }

  synchronized void leave() {
    users--;
    unmapWhenUnused();
  }

  synchronized void giveUp() {
    if (!givenUp) {
      givenUp = true;
      unmapWhenUnused();
    }
  }

  private void unmapWhenUnused() {
    if (givenUp && users == 0) {
      arena.close();
    }
  }
}
