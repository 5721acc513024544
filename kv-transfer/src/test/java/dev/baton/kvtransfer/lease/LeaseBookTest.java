package dev.baton.kvtransfer.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.RequestId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LeaseBookTest {
  private static final RequestId REQUEST = new RequestId("r");
  private static final Duration TTL = Duration.ofSeconds(10);

  private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
  private final List<String> ended = new ArrayList<>();
  private final LeaseBook leases =
      new LeaseBook(
          now::get,
          (lease, request, blocks, why) -> ended.add(why + " " + request + " " + blocks.length));

  @Test
  void keepsBlocksUntilTheLeaseExpires() {
    var granted = leases.open(REQUEST, new int[] {1, 2, 3}, TTL);
    assertThat(granted.expiresAt()).isEqualTo(Instant.EPOCH.plus(TTL));

    pass(TTL.minusMillis(1));
    assertThat(leases.sweep()).isZero();
    assertThat(leases.live(granted.leaseId())).isTrue();
    assertThat(leases.covers(granted.leaseId(), 3)).isTrue();
    assertThat(leases.covers(granted.leaseId(), 4)).isFalse();

    pass(Duration.ofMillis(1));
    assertThat(leases.live(granted.leaseId())).isFalse();
    assertThat(leases.sweep()).isEqualTo(1);
    assertThat(ended).containsExactly("EXPIRED r 3");
    assertThat(leases.size()).isZero();
  }

  @Test
  void renewingProlongsFromNow() {
    long lease = leases.open(REQUEST, new int[] {1}, TTL).leaseId();
    pass(Duration.ofSeconds(9));
    assertThat(leases.renew(lease)).contains(TTL);
    pass(Duration.ofSeconds(9));

    assertThat(leases.sweep()).isZero();
    assertThat(leases.live(lease)).isTrue();
  }

  @Test
  void anExpiredLeaseCannotBeRenewedEvenBeforeTheSweep() {
    long lease = leases.open(REQUEST, new int[] {1}, TTL).leaseId();
    pass(TTL);

    assertThat(leases.renew(lease)).isEmpty();
    assertThat(leases.sweep()).isEqualTo(1);
  }

  @Test
  void endsALeaseOnce() {
    long lease = leases.open(REQUEST, new int[] {1}, TTL).leaseId();

    assertThat(leases.release(lease)).isTrue();
    assertThat(leases.release(lease)).isFalse();
    pass(TTL);
    leases.sweep();
    leases.revokeAll();

    assertThat(ended).containsExactly("RELEASED r 1");
  }

  @Test
  void revokesEverything() {
    leases.open(REQUEST, new int[] {1, 2}, TTL);
    leases.open(REQUEST, new int[] {2}, TTL);
    assertThat(leases.pinCounts()).isEqualTo(Map.of(1, 1, 2, 2));

    leases.revokeAll();

    assertThat(ended).containsExactlyInAnyOrder("REVOKED r 2", "REVOKED r 1");
    assertThat(leases.pinCounts()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void pinCountsFollowTheLeasesAndReturnToZero(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    // What a block pool would do: pin before a lease opens, unpin when it ends.
    Map<Integer, Integer> pinned = new HashMap<>();
    LeaseBook book =
        new LeaseBook(
            now::get,
            (lease, request, blocks, why) -> {
              for (int block : blocks) {
                pinned.computeIfPresent(block, (b, count) -> count == 1 ? null : count - 1);
              }
            });
    List<Long> known = new ArrayList<>();
    for (int step = 0; step < 2_000; step++) {
      long lease = known.isEmpty() ? 0 : known.get(random.nextInt(known.size()));
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          int[] blocks = random.ints(random.nextInt(1, 9), 0, 64).distinct().toArray();
          for (int block : blocks) {
            pinned.merge(block, 1, Integer::sum);
          }
          Duration ttl = Duration.ofMillis(random.nextInt(1, 500));
          known.add(book.open(REQUEST, blocks, ttl).leaseId());
        }
        case 2 -> book.release(lease);
        case 3 -> book.renew(lease);
        case 4 -> pass(Duration.ofMillis(random.nextInt(60)));
        default -> book.sweep();
      }
      assertThat(book.pinCounts()).isEqualTo(pinned);
    }
    pass(Duration.ofSeconds(1));
    book.sweep();
    assertThat(book.size()).isZero();
    assertThat(pinned).isEmpty();
  }

  private void pass(Duration time) {
    now.updateAndGet(instant -> instant.plus(time));
  }
}
