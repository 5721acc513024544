package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockRefs;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.AcquireOutcome;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.FileDeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlane;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.Peer;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportCapability;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * A holder in another process and a reader's plane in this one, for the tests of both. The holder
 * has 512 blocks, all resident, and grants leases of two seconds.
 */
abstract class TwoProcesses {
  static final Duration LONG = Duration.ofSeconds(20);
  static final Duration TTL = Duration.ofSeconds(2);
  static final int HELD = 512;
  static final int LOCAL = 640;

  @TempDir Path folder;
  final AtomicReference<TransferInterceptor> interceptor =
      new AtomicReference<>(TransferInterceptor.NONE);
  final List<String> observed = new CopyOnWriteArrayList<>();
  final Arena arena = Arena.ofShared();
  HolderProcess holder;
  HostKvPool pool;
  KvPlane plane;

  /** What stands in for the reader's device, whose memory is {@link #pool}; null: there is none. */
  FileDeviceMemory device;

  private boolean readerOnDevice;

  @BeforeEach
  void startHolder() throws IOException {
    holder = HolderProcess.start(folder.resolve("holder.kv"), HELD, TTL);
  }

  @AfterEach
  void stopAll() {
    if (plane != null) {
      plane.close();
    }
    // Fails if anything still touches the pool.
    arena.close();
    holder.close();
  }

  /** Moves pools to devices, before the plane starts. */
  void onDevice(boolean ofHolder, boolean ofReader) {
    readerOnDevice = ofReader;
    if (ofHolder) {
      holder.close();
      try {
        holder = HolderProcess.start(folder.resolve("device.kv"), HELD, TTL, true);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Connects by this transport, with the pools where it needs them. */
  Peer connect(TransportKind transport) {
    if (transport == TransportKind.CUDA_IPC) {
      onDevice(true, true);
    }
    startPlane(transport);
    return connected(transport);
  }

  void startPlane(TransportKind... transports) {
    try {
      pool =
          HostKvPool.create(
              folder.resolve("reader.kv"), TestBlocks.LAYOUT.blockBytes(), LOCAL, arena);
      KvPlaneConfig config =
          KvPlaneConfig.builder(new WorkerId("reader"), TestBlocks.MODEL, TestBlocks.LAYOUT)
              .transports(Set.of(transports))
              .ucx(Ucx.SETTINGS)
              .observer((peer, kind, blocks, bytes, nanos, outcome) ->
                  observed.add(peer + " " + kind + " " + blocks + " " + bytes + " " + outcome))
              .interceptor(
                  new TransferInterceptor() {
                    @Override
                    public boolean active() {
                      return interceptor.get().active();
                    }

                    @Override
                    public void arrived(WorkerId peer, BlockMove move, MemorySegment block) {
                      interceptor.get().arrived(peer, move, block);
                    }
                  })
              .build();
      device = readerOnDevice ? new FileDeviceMemory(pool) : null;
      LeaseBook leases = new LeaseBook(Clock.systemUTC(), (lease, request, blocks, why) -> {});
      plane =
          WorkerKvPlane.start(
              config,
              readerOnDevice ? device.asPool() : pool,
              leases,
              (_, _, _, _) ->
                  CompletableFuture.completedStage(new BlockRefs(new int[0], new int[0])));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    assertThat(plane.capabilities())
        .filteredOn(capability -> Set.of(transports).contains(capability.kind()))
        .filteredOn(capability -> fitsThePool(capability.kind()))
        .as("UCX needs Debian's libucx0 (apt-get install libucx0)")
        .allSatisfy(c -> assertThat(c).isInstanceOf(TransportCapability.Available.class));
  }

  private boolean fitsThePool(TransportKind kind) {
    return switch (kind) {
      case CUDA_IPC -> readerOnDevice;
      case SHARED_MEMORY, UCX -> !readerOnDevice;
      case TCP -> true;
    };
  }

  Peer connected(TransportKind expected) {
    ConnectOutcome outcome =
        get(plane.connect(holder.inEpoch(1), holder.endpoint(), Deadline.after(LONG)));
    assertThat(outcome).isInstanceOf(ConnectOutcome.Connected.class);
    Peer peer = ((ConnectOutcome.Connected) outcome).peer();
    assertThat(peer.path().kind()).isEqualTo(expected);
    return peer;
  }

  static AcquireOutcome acquire(Peer peer, int... blocks) {
    return get(peer.acquire(new RequestId("r-1"), TestBlocks.hashes(blocks), Deadline.after(LONG)));
  }

  /** Holds up the blocks behind the fifth until {@code action} is done. */
  void onFifthBlock(Runnable action) {
    int[] arrived = {0};
    interceptor.set((from, move, block) -> {
      synchronized (arrived) {
        if (++arrived[0] == 5) {
          action.run();
        }
      }
    });
  }

  static TransferOutcome transferAll(Peer peer, long lease, Duration time) {
    return transfer(peer, lease, IntStream.range(0, HELD).toArray(), time);
  }

  /** Into local blocks 0, 1, … */
  static TransferOutcome transfer(Peer peer, long lease, int[] blocks, Duration time) {
    int[] local = IntStream.range(0, blocks.length).toArray();
    BlockRefs refs = TestBlocks.refs(blocks);
    return get(peer.transfer(TransferRequest.of(lease, refs, 0, local, Deadline.after(time))));
  }

  byte[] local(int block) {
    return pool.block(block).toArray(ValueLayout.JAVA_BYTE);
  }

  static <T> T get(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("no outcome within 30 s", e);
    }
  }
}
