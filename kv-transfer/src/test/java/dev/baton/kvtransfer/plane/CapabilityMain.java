package dev.baton.kvtransfer.plane;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;

/** Starts a plane, prints its capabilities, and shows that the JVM is still in good health. */
final class CapabilityMain {
  private static int overflows;

  private CapabilityMain() {}

  public static void main(String[] args) throws IOException {
    HostKvPool pool =
        HostKvPool.create(Path.of(args[0]), TestBlocks.LAYOUT.blockBytes(), 4, Arena.global());
    KvPlaneConfig config =
        KvPlaneConfig.builder(new WorkerId("w"), TestBlocks.MODEL, TestBlocks.LAYOUT)
            .ucx(Ucx.SETTINGS)
            .build();
    LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
    try (KvPlane plane =
        WorkerKvPlane.start(
            config,
            pool,
            leases,
            (_, _, _, _) ->
                CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])))) {
      plane.enterEpoch(new Epoch(1));
      for (TransportCapability capability : plane.capabilities()) {
        System.out.println(capability);
      }
      System.out.println("survived " + (nullChecks() == 200_000 && stackOverflows()));
    }
    System.out.println("closed");
  }

  /** Compiled code checks for null by running into a SIGSEGV. */
  private static int nullChecks() {
    int caught = 0;
    String[] texts = {"x", null};
    for (int i = 0; i < 400_000; i++) {
      try {
        caught -= texts[i & 1].length() - 1;
      } catch (NullPointerException _) {
        caught++;
      }
    }
    return caught;
  }

  private static boolean stackOverflows() {
    try {
      deeper(0);
      return false;
    } catch (StackOverflowError _) {
      return overflows > 0;
    }
  }

  private static int deeper(int depth) {
    overflows = depth;
    return depth < 0 ? 0 : deeper(depth + 1) + 1;
  }
}
