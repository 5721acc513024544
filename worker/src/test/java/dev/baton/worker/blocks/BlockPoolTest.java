package dev.baton.worker.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockPoolTest {
  private static final BlockHash ROOT = hash(-1);

  private static BlockHash hash(long i) {
    return new BlockHash(0, i);
  }

  private static BlockHashes chain(int from, int to) {
    List<BlockHash> hashes = new ArrayList<>();
    for (int i = from; i < to; i++) {
      hashes.add(hash(i));
    }
    return BlockHashes.of(hashes);
  }

  @Test
  void namelessBlocksAreFreeOnceReleased() {
    BlockPool pool = new BlockPool(2);
    int block = pool.allocate().getAsInt();
    assertThat(pool.state()).isEqualTo(new PoolState(1, 0, 1, 2));
    pool.release(block);
    assertThat(pool.state()).isEqualTo(new PoolState(2, 0, 0, 2));
  }

  @Test
  void namedBlocksStayFindableAfterTheirLastUser() {
    BlockPool pool = new BlockPool(2);
    int block = pool.allocate().getAsInt();
    pool.publish(block, hash(1), hash(0), ROOT);
    pool.release(block);
    assertThat(pool.state()).isEqualTo(new PoolState(1, 1, 0, 2));
    assertThat(pool.longestPrefix(chain(1, 3), 2)).containsExactly(block);
    pool.retain(block);
    assertThat(pool.state().pinned()).isEqualTo(1);
  }

  @Test
  void evictsTheLeastRecentlyUsedCachedBlockAndTheTailOfAChainFirst() {
    BlockPool pool = new BlockPool(3);
    int[] blocks = new int[3];
    for (int i = 0; i < 3; i++) {
      blocks[i] = pool.allocate().getAsInt();
      pool.publish(blocks[i], hash(i), hash(i - 1), ROOT);
    }
    pool.releaseAll(blocks);
    assertThat(pool.allocate()).hasValue(blocks[2]);
    assertThat(pool.longestPrefix(chain(0, 3), 3)).containsExactly(blocks[0], blocks[1]);
  }

  @Test
  void aBlockIsEvictedBeforeWhatItWasBuiltOnWhoeverUsedItLast() {
    BlockPool pool = new BlockPool(2);
    int parent = pool.allocate().getAsInt();
    int child = pool.allocate().getAsInt();
    pool.publish(parent, hash(1), hash(0), ROOT);
    pool.publish(child, hash(2), hash(1), ROOT);
    pool.release(parent);
    pool.release(child);
    assertThat(pool.allocate()).hasValue(child);
    assertThat(pool.allocate()).hasValue(parent);
  }

  @Test
  void whereAllThatIsCachedHasUsersBuiltOnItThatIsEvictedAllTheSame() {
    BlockPool pool = new BlockPool(2);
    int parent = pool.allocate().getAsInt();
    int child = pool.allocate().getAsInt();
    pool.publish(parent, hash(1), hash(0), ROOT);
    pool.publish(child, hash(2), hash(1), ROOT);
    pool.release(parent);
    assertThat(pool.available()).isEqualTo(1);
    assertThat(pool.allocate()).hasValue(parent);
    pool.verify();
  }

  @Test
  void aTenantBeyondItsQuotaLosesItsOwnBlocksFirst() {
    BlockPool pool = new BlockPool(4, 2);
    int[] blocks = new int[4];
    for (int i = 0; i < 4; i++) {
      blocks[i] = pool.allocate().getAsInt();
      BlockHash tenant = hash(i == 0 ? -1 : -2);
      pool.publish(blocks[i], hash(10 * i + 1), tenant, tenant);
    }
    for (int block : blocks) {
      pool.release(block);
    }
    // The first tenant's block is the oldest, but the second tenant has three.
    assertThat(pool.allocate()).hasValue(blocks[1]);
    assertThat(pool.allocate()).hasValue(blocks[0]);
    pool.verify();
  }

  @Test
  void blocksAreOfferedForACopyOnceAfterEachUseAndKeepTheirPlace() {
    BlockPool pool = new BlockPool(2);
    int older = pool.allocate().getAsInt();
    int younger = pool.allocate().getAsInt();
    pool.publish(older, hash(1), hash(0), ROOT);
    pool.publish(younger, hash(11), hash(10), ROOT);
    pool.release(older);
    pool.release(younger);
    List<CachedBlock> held = pool.holdUncopied(1);
    assertThat(held).containsExactly(new CachedBlock(hash(1), older));
    assertThat(pool.available()).isEqualTo(1);
    pool.unhold(held);
    assertThat(pool.holdUncopied(9)).containsExactly(new CachedBlock(hash(11), younger));
    assertThat(pool.holdUncopied(9)).isEmpty();
    pool.unhold(List.of(new CachedBlock(hash(11), younger)));
    assertThat(pool.allocate()).hasValue(older);
    pool.retain(younger);
    pool.release(younger);
    assertThat(pool.holdUncopied(9)).containsExactly(new CachedBlock(hash(11), younger));
  }

  @Test
  void neverEvictsABlockInUse() {
    BlockPool pool = new BlockPool(1);
    int block = pool.allocate().getAsInt();
    pool.publish(block, hash(1), hash(0), ROOT);
    assertThat(pool.allocate()).isEmpty();
  }

  @Test
  void aSecondBlockOfTheSameContentStaysNameless() {
    BlockPool pool = new BlockPool(2);
    int first = pool.allocate().getAsInt();
    int second = pool.allocate().getAsInt();
    pool.publish(first, hash(1), hash(0), ROOT);
    pool.publish(second, hash(1), hash(0), ROOT);
    pool.release(second);
    assertThat(pool.state()).isEqualTo(new PoolState(1, 0, 1, 2));
    assertThat(pool.longestPrefix(chain(1, 2), 1)).containsExactly(first);
  }

  @Test
  void aPrefixEndsAtTheFirstGap() {
    BlockPool pool = new BlockPool(3);
    for (int i : new int[] {0, 2}) {
      pool.publish(pool.allocate().getAsInt(), hash(i), hash(i - 1), ROOT);
    }
    assertThat(pool.longestPrefix(chain(0, 3), 3)).hasSize(1);
  }

  @Test
  void reportsNetChangesOnly() {
    BlockPool pool = new BlockPool(1);
    int block = pool.allocate().getAsInt();
    pool.publish(block, hash(1), hash(0), ROOT);
    pool.release(block);
    pool.allocate();
    assertThat(pool.drainChanges().isEmpty()).isTrue();
  }

  @Test
  void refusesToReleaseWhatIsNotInUse() {
    BlockPool pool = new BlockPool(1);
    assertThatThrownBy(() -> pool.release(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> pool.retain(0)).isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void addsUpUnderRandomUseAndItsChangesReplayToItsContents(long seed) {
    Random random = new Random(seed);
    BlockPool pool = new BlockPool(24, 8);
    List<int[]> users = new ArrayList<>();
    List<List<CachedBlock>> copying = new ArrayList<>();
    Set<BlockHash> replayed = new HashSet<>();
    for (int round = 0; round < 4000; round++) {
      int chainStart = random.nextInt(4) * 100;
      switch (random.nextInt(5)) {
        case 0 -> {
          BlockHashes chain = chain(chainStart, chainStart + 1 + random.nextInt(8));
          int[] shared = pool.longestPrefix(chain, chain.size());
          for (int block : shared) {
            pool.retain(block);
          }
          int[] blocks = java.util.Arrays.copyOf(shared, chain.size());
          int have = shared.length;
          while (have < blocks.length && pool.available() > 0) {
            blocks[have] = pool.allocate().getAsInt();
            if (random.nextBoolean()) {
              pool.publish(
                  blocks[have],
                  chain.get(have),
                  have == 0 ? hash(chainStart - 1) : chain.get(have - 1),
                  hash(-chainStart));
            }
            have++;
          }
          users.add(java.util.Arrays.copyOf(blocks, have));
        }
        case 1 -> {
          if (!users.isEmpty()) {
            pool.releaseAll(users.remove(random.nextInt(users.size())));
          }
        }
        case 2 -> copying.add(pool.holdUncopied(random.nextInt(4)));
        case 3 -> {
          if (!copying.isEmpty()) {
            pool.unhold(copying.remove(random.nextInt(copying.size())));
          }
        }
        default -> {
          ResidencyChanges changes = pool.drainChanges();
          assertThat(replayed).containsAll(changes.dropped());
          replayed.removeAll(changes.dropped());
          assertThat(changes.stored()).noneMatch(replayed::contains);
          replayed.addAll(changes.stored());
          assertThat(replayed).containsExactlyInAnyOrderElementsOf(pool.resident());
        }
      }
      pool.verify();
    }
    users.forEach(pool::releaseAll);
    copying.forEach(pool::unhold);
    pool.verify();
    assertThat(pool.state().pinned()).isZero();
    assertThat(pool.available()).isEqualTo(pool.total());
  }
}
