package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.FileDeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A holder in a process of its own: {@code HolderMain poolFile blockCount leaseTtlMillis
 * host|device small|large}. Prints its port, then answers commands line by line; ends when its
 * standard input does.
 */
final class HolderMain {
  private final HostKvPool pool;
  private final LeaseBook leases =
      new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
  private final KvPlane plane;

  private HolderMain(Path file, int blocks, Duration ttl, boolean onDevice, KvLayout layout)
      throws IOException {
    pool = HostKvPool.create(file, layout.blockBytes(), blocks, Arena.global());
    TestBlocks.fill(pool);
    KvPlaneConfig config =
        KvPlaneConfig.builder(new WorkerId("holder"), TestBlocks.MODEL, layout)
            .bind(Ucx.HOST, 0)
            .ucx(Ucx.SETTINGS)
            .leaseTtl(ttl)
            .leaseSweepInterval(Duration.ofMillis(50))
            .build();
    KvPool offered = onDevice ? new FileDeviceMemory(pool).asPool() : pool;
    plane = WorkerKvPlane.start(config, offered, leases, this::pin);
  }

  public static void main(String[] args) throws IOException {
    HolderMain holder =
        new HolderMain(
            Path.of(args[0]),
            Integer.parseInt(args[1]),
            Duration.ofMillis(Long.parseLong(args[2])),
            args[3].equals("device"),
            args[4].equals("large") ? TestBlocks.LARGE : TestBlocks.LAYOUT);
    holder.plane.enterEpoch(new Epoch(1));
    System.out.println(holder.plane.port());
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(holder.answer(line.split(" ")));
      }
    }
    holder.plane.close();
  }

  private String answer(String[] command) {
    return switch (command[0]) {
      case "lease" -> {
        int[] blocks = Stream.of(command).skip(2).mapToInt(Integer::parseInt).toArray();
        Duration ttl = Duration.ofMillis(Long.parseLong(command[1]));
        yield String.valueOf(leases.open(new RequestId("r"), blocks, ttl).leaseId());
      }
      case "leases" -> String.valueOf(leases.size());
      case "epoch" -> {
        plane.enterEpoch(new Epoch(Long.parseLong(command[1])));
        yield "entered";
      }
      case "corrupt" -> {
        var block = pool.block(Integer.parseInt(command[1]));
        long at = block.byteSize() / 2;
        block.set(ValueLayout.JAVA_BYTE, at, (byte) ~block.get(ValueLayout.JAVA_BYTE, at));
        yield "corrupted";
      }
      default -> throw new IllegalArgumentException(command[0]);
    };
  }

  /** All blocks are resident under the hash of their id. */
  private java.util.concurrent.CompletionStage<BlockRefs> pin(
      RequestId request, BlockHashes hashes, int beyond, java.time.Duration wait) {
    int[] resident =
        IntStream.range(0, hashes.size())
            .takeWhile(i -> hashes.get(i).high() == 0x42 && hashes.get(i).low() < pool.blockCount())
            .map(i -> (int) hashes.get(i).low())
            .toArray();
    return java.util.concurrent.CompletableFuture.completedStage(TestBlocks.refs(resident));
  }
}
