package dev.baton.kvtransfer.serve;

import dev.baton.contracts.Epoch;
import dev.baton.kvtransfer.BlockSource;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all connections of a holder share. */
public final class HolderState {
  final KvPlaneConfig config;
  final HostKvPool pool;
  final LeaseBook leases;
  final BlockSource source;
  final Timers timers;
  final Supplier<Map<TransportKind, byte[]>> adverts;
  private volatile long epoch;

  public HolderState(
      KvPlaneConfig config,
      HostKvPool pool,
      LeaseBook leases,
      BlockSource source,
      Timers timers,
      Supplier<Map<TransportKind, byte[]>> adverts) {
    this.config = config;
    this.pool = pool;
    this.leases = leases;
    this.source = source;
    this.timers = timers;
    this.adverts = adverts;
  }

  public void enterEpoch(Epoch entered) {
    epoch = entered.value();
  }

  /** The refusal of a message meant for another epoch than the present one; null if it is right. */
  @Nullable Refused stale(long meant) {
    long now = epoch;
    if (meant == now && now != 0) {
      return null;
    }
    return new Refused(
        Refusal.STALE_EPOCH,
        "meant for epoch "
            + meant
            + " of "
            + config.worker()
            + (now == 0 ? ", which has none yet" : ", which is in epoch " + now));
  }
}
