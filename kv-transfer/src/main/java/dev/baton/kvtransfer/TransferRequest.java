package dev.baton.kvtransfer;

import dev.baton.contracts.BlockRefs;
import java.util.ArrayList;
import java.util.List;

/**
 * Blocks to fetch from one holder under one of its leases, all or nothing.
 *
 * @param leaseId a live lease of the holder that covers every remote block
 * @param moves distinct local blocks, which belong to the transfer until its outcome is there
 */
public record TransferRequest(long leaseId, List<BlockMove> moves, Deadline deadline) {
  public TransferRequest {
    moves = List.copyOf(moves);
  }

  /** Fetches {@code blocks[from..]} of a lease into {@code localBlocks}, in order. */
  public static TransferRequest of(
      long leaseId, BlockRefs blocks, int from, int[] localBlocks, Deadline deadline) {
    List<BlockMove> moves = new ArrayList<>(localBlocks.length);
    for (int i = 0; i < localBlocks.length; i++) {
      moves.add(new BlockMove(blocks.id(from + i), blocks.digest(from + i), localBlocks[i]));
    }
    return new TransferRequest(leaseId, moves, deadline);
  }
}
