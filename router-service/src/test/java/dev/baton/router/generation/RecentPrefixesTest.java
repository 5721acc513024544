package dev.baton.router.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Role;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerView;
import dev.baton.router.placement.Assigned;
import dev.baton.router.support.Workers;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the router itself remembers: prefixes sent, and work under way. */
class RecentPrefixesTest {
  private static final BlockHash ROOT = BlockHasher.root(Workers.FINGERPRINT, "t");

  private static BlockHashes chain(int blocks, int lastToken) {
    int[] tokens = IntStream.range(0, blocks * 16).toArray();
    tokens[tokens.length - 1] = lastToken;
    return BlockHasher.chain(ROOT, TokenIds.of(tokens));
  }

  @Test
  void thePrefixSentToAWorkerIsGuessedToBeThereWhileItsEpochLasts() {
    RecentPrefixes recent = new RecentPrefixes();
    WorkerView first = Workers.decode(1);
    WorkerView second = Workers.decode(2);
    recent.sent(chain(10, 7), first.ref());
    recent.sent(chain(4, 9), second.ref());

    assertThat(recent.longest(chain(10, 8), List.of(first, second)).blocks())
        .isEqualTo(Map.of(1, 9, 2, 3));
    WorkerView again = Workers.of("other", Role.DECODE, 1, URI.create("http://x"));
    assertThat(recent.longest(chain(10, 8), List.of(again)).blocks()).isEmpty();
  }

  @Test
  void workUnderWayCountsWhereItIsDoneUntilItEnds() {
    InFlight inFlight = new InFlight();
    WorkerView worker = Workers.decode(1);
    var local = inFlight.begin("m", worker.ref(), GenerationPath.DECODE_LOCAL, 100, 500);
    var away = inFlight.begin("m", worker.ref(), GenerationPath.DISAGGREGATED, 200, 600);

    assertThat(inFlight.snapshot("m").of(worker.ref())).isEqualTo(new Assigned(1, 100, 1100));
    assertThat(inFlight.snapshot("m").prefillTier()).isEqualTo(new Assigned(1, 200, 0));
    assertThat(inFlight.snapshot("other").prefillTier()).isEqualTo(Assigned.NONE);

    local.prefilled();
    away.prefilled();
    assertThat(inFlight.snapshot("m").of(worker.ref())).isEqualTo(new Assigned(0, 0, 1100));
    assertThat(inFlight.snapshot("m").prefillTier()).isEqualTo(Assigned.NONE);

    local.close();
    away.close();
    assertThat(inFlight.snapshot("m").of(worker.ref())).isEqualTo(Assigned.NONE);
  }
}
