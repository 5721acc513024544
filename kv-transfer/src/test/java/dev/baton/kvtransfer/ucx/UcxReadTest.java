package dev.baton.kvtransfer.ucx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.BlockDigest;
import dev.baton.kvtransfer.BlockMove;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferOutcome;
import dev.baton.kvtransfer.TransferRequest;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.transport.Transfer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openucx.jucx.UcxCallback;
import org.openucx.jucx.UcxException;

/** The bookkeeping of a transfer over UCX, stepped by hand and without UCX. */
final class UcxReadTest {
  private static final int BYTES = 64;
  private static final int BLOCKS = 100;

  private final HostKvPool pool =
      new HostKvPool(
          Path.of("none"), Arena.ofAuto().allocate((long) BYTES * BLOCKS), BYTES, BLOCKS);
  private final Deque<Runnable> commands = new ArrayDeque<>();
  private final List<Get> flying = new ArrayList<>();

  private record Get(long remote, long local, UcxCallback callback) {
    /** The block's bytes are its id. Nobody looks at the request. */
    void land() {
      long block = remote / BYTES;
      MemorySegment.ofAddress(local).reinterpret(BYTES).fill((byte) block);
      callback.onSuccess(null);
    }
  }

  @Test
  void keepsAWindowOfGetsAndCompletesWhenTheLastBlockIsVerified() {
    Transfer transfer = transfer(BLOCKS);
    UcxRead read = read(transfer);

    read.post(this::get);
    assertThat(flying).hasSize(UcxRead.WINDOW);
    while (!flying.isEmpty()) {
      flying.removeLast().land();
      assertThat(outcome(transfer)).isEmpty();
      step();
      assertThat(flying).hasSizeLessThanOrEqualTo(UcxRead.WINDOW);
    }

    assertThat(outcome(transfer)).get().isInstanceOf(TransferOutcome.Completed.class);
    assertThat(pool.block(7).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
  }

  @Test
  void aFailureEndsTheTransferOnlyWhenNothingFliesAnyMore() {
    Transfer transfer = transfer(3);
    UcxRead read = read(transfer);
    read.post(this::get);

    read.fail(new PeerFailure.DeadlineExceeded("blocks"));
    read.settle();
    flying.get(0).land();
    flying.get(1).callback().onError(-16, "canceled");
    step();
    assertThat(outcome(transfer)).isEmpty();
    flying.get(2).callback().onError(-16, "canceled");
    step();

    assertThat(outcome(transfer)).contains(new PeerFailure.DeadlineExceeded("blocks"));
  }

  @Test
  void setsBlocksAsideThatUcxHasNotHandedBack() {
    Transfer transfer = transfer(3);
    UcxRead read = read(transfer);
    read.post(this::get);
    flying.get(1).land();
    step();
    read.fail(new PeerFailure.DeadlineExceeded("blocks"));

    read.endWithQuarantine();

    var ended = (PeerFailure.DeadlineExceeded) outcome(transfer).orElseThrow();
    assertThat(ended.quarantine().localBlocks()).containsExactly(0, 2);
    var lifted = ended.quarantine().lifted().toCompletableFuture();
    flying.get(0).callback().onError(-16, "canceled");
    step();
    assertThat(lifted).isNotDone();
    flying.get(2).land();
    step();
    assertThat(lifted).isDone();
  }

  @Test
  void aGetThatCannotStartIsALostPeer() {
    Transfer transfer = transfer(3);

    read(transfer)
        .post((remote, local, bytes, callback) -> {
          throw new UcxException("the link is closed");
        });

    assertThat(outcome(transfer)).contains(new PeerFailure.PeerLost("the link is closed"));
  }

  @Test
  void namesDamagedBlocks() {
    Transfer transfer = transfer(3);
    read(transfer).post(this::get);
    flying.get(0).land();
    MemorySegment.ofAddress(flying.get(1).local()).reinterpret(BYTES).fill((byte) 99);
    flying.get(1).callback().onSuccess(null);
    flying.get(2).land();
    step();

    var corrupted = (TransferOutcome.Corrupted) outcome(transfer).orElseThrow();
    assertThat(corrupted.indices()).containsExactly(1);
    assertThat(corrupted.transport()).isEqualTo(TransportKind.UCX);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void endsOnceAndNeverWhileSomethingFlies(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Transfer transfer = transfer(BLOCKS);
    UcxRead read = read(transfer);
    boolean failing = random.nextBoolean();
    read.post(this::get);
    while (!flying.isEmpty()) {
      Get get = flying.remove(random.nextInt(flying.size()));
      if (failing && random.nextInt(40) == 0) {
        get.callback().onError(-1, "broken");
      } else {
        get.land();
      }
      if (random.nextBoolean()) {
        step();
      }
      assertThat(outcome(transfer).isPresent() && !flying.isEmpty()).isFalse();
    }
    step();
    while (!flying.isEmpty()) {
      flying.removeLast().land();
      step();
    }

    assertThat(outcome(transfer)).isPresent();
    assertThat(read.flying()).isFalse();
  }

  private UcxRead read(Transfer transfer) {
    return new UcxRead(
        transfer, pool, new UcxRead.RemoteMemory(0, BYTES), commands::add, commands::add);
  }

  private void get(long remote, long local, long bytes, UcxCallback callback) {
    flying.add(new Get(remote, local, callback));
  }

  /** Runs the agent and the verifiers until they have nothing to do. */
  private void step() {
    for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
      command.run();
    }
  }

  /** Remote block i, full of bytes i, into local block i. */
  private Transfer transfer(int blocks) {
    List<BlockMove> moves =
        IntStream.range(0, blocks).mapToObj(i -> new BlockMove(i, digest(i), i)).toList();
    TransferRequest request = new TransferRequest(1, moves, Deadline.after(Duration.ofSeconds(10)));
    return new Transfer(request, new WorkerId("holder"), BYTES, TransferInterceptor.NONE);
  }

  private static int digest(int block) {
    byte[] bytes = new byte[BYTES];
    java.util.Arrays.fill(bytes, (byte) block);
    return BlockDigest.of(MemorySegment.ofArray(bytes));
  }

  private static Optional<TransferOutcome> outcome(Transfer transfer) {
    return Optional.ofNullable(transfer.outcome().toCompletableFuture().getNow(null));
  }
}
