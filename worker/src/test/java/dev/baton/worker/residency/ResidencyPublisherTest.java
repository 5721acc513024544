package dev.baton.worker.residency;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerId;
import dev.baton.worker.blocks.ResidencyChanges;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ResidencyPublisherTest {
  private final List<KvEvent> events = new ArrayList<>();
  private final ResidencyPublisher publisher = new ResidencyPublisher(events::add);

  private static LaneRef lane(long epoch) {
    return new LaneRef(new WorkerId("w"), new Lane(1), new Epoch(epoch));
  }

  private static List<BlockHash> hashes(long from, long to) {
    return LongStream.range(from, to).mapToObj(i -> new BlockHash(i, i)).toList();
  }

  @Test
  void saysNothingWithoutALane() {
    publisher.changed(new ResidencyChanges(List.of(), hashes(0, 3)));
    publisher.snapshot(hashes(0, 3));
    assertThat(events).isEmpty();
  }

  @Test
  void numbersEventsWithoutGapsAndDropsBeforeItStores() {
    publisher.enterEpoch(lane(5));
    publisher.snapshot(List.of());
    publisher.changed(new ResidencyChanges(hashes(0, 1), hashes(1, 3)));
    assertThat(events).extracting(KvEvent::sequence).containsExactly(1L, 2L, 3L);
    assertThat(events.get(1)).isInstanceOf(KvEvent.Dropped.class);
    assertThat(events.get(2)).isInstanceOf(KvEvent.Stored.class);
    assertThat(events).allSatisfy(event -> assertThat(event.source()).isEqualTo(lane(5)));
    assertThat(publisher.sequence()).isEqualTo(3);
  }

  @Test
  void aNewEpochBeginsItsOwnNumbers() {
    publisher.enterEpoch(lane(5));
    publisher.changed(new ResidencyChanges(List.of(), hashes(0, 1)));
    publisher.enterEpoch(lane(6));
    publisher.snapshot(hashes(0, 1));
    assertThat(events.getLast().sequence()).isEqualTo(1);
    assertThat(events.getLast().source()).isEqualTo(lane(6));
    publisher.fence();
    publisher.changed(new ResidencyChanges(List.of(), hashes(1, 2)));
    assertThat(events).hasSize(2);
  }

  @Test
  void anEpochThatIsGrantedAgainGoesOnCounting() {
    publisher.enterEpoch(lane(5));
    publisher.snapshot(List.of());
    publisher.enterEpoch(lane(5));
    publisher.snapshot(List.of());
    assertThat(events).extracting(KvEvent::sequence).containsExactly(1L, 2L);
  }

  @Test
  void aLargePoolIsReportedInPartsThatFitARecord() {
    publisher.enterEpoch(lane(1));
    publisher.snapshot(hashes(0, 3L * ResidencyPublisher.MAX_HASHES + 5));
    assertThat(events).hasSize(4);
    Set<BlockHash> reported = new HashSet<>();
    for (int part = 0; part < 4; part++) {
      KvEvent.Snapshot snapshot = (KvEvent.Snapshot) events.get(part);
      assertThat(snapshot.part()).isEqualTo(part);
      assertThat(snapshot.parts()).isEqualTo(4);
      assertThat(WireCodec.toCbor(snapshot).length).isLessThan(1 << 20);
      reported.addAll(snapshot.hashes().toList());
    }
    assertThat(reported).hasSize(3 * ResidencyPublisher.MAX_HASHES + 5);
  }
}
