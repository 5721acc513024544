package dev.baton.worker.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class EvictionOrderTest {
  private final EvictionOrder order = new EvictionOrder(100);

  private void use(int block, int times) {
    order.remove(block);
    for (int i = 0; i < times; i++) {
      order.used(block);
    }
    order.add(block);
  }

  private List<Integer> evictAll() {
    List<Integer> evicted = new ArrayList<>();
    for (OptionalInt next = order.evict(); next.isPresent(); next = order.evict()) {
      evicted.add(next.getAsInt());
    }
    return evicted;
  }

  @Test
  void blocksUsedOnceGoLeastRecentlyUsedFirst() {
    for (int block : new int[] {3, 1, 2}) {
      use(block, 1);
    }
    assertThat(evictAll()).containsExactly(3, 1, 2);
  }

  @Test
  void aBlockUsedOftenOutlivesYoungerOnes() {
    use(1, 3);
    use(2, 1);
    use(3, 2);
    assertThat(evictAll()).containsExactly(2, 3, 1);
  }

  @Test
  void whatWasPopularLongAgoGoesInTheEnd() {
    use(0, 1000);
    int rounds = 0;
    // A stream of blocks that are used once, through a cache of two.
    for (int block = 1; ; block = block % 99 + 1, rounds++) {
      order.renew(block);
      use(block, 1);
      if (order.evict().getAsInt() == 0) {
        break;
      }
    }
    assertThat(rounds).isBetween(EvictionOrder.MAX_USES - 2, EvictionOrder.MAX_USES + 1);
  }

  @Test
  void leavesGoBeforeWhatTheyWereBuiltOnHoweverPopular() {
    use(1, 1);
    use(2, 9);
    order.inner(1, true);
    assertThat(order.evict()).hasValue(2);
    order.inner(1, false);
    use(3, 1);
    assertThat(order.evict()).hasValue(1);
  }

  @Test
  void aBlockInUseIsNoCandidate() {
    use(1, 1);
    assertThat(order.remove(1)).isTrue();
    assertThat(order.remove(1)).isFalse();
    assertThat(order.evict()).isEmpty();
  }

  @Test
  void thePlaceOfACandidateIsFixed() {
    use(1, 1);
    assertThatThrownBy(() -> order.used(1)).isInstanceOf(IllegalStateException.class);
  }
}
