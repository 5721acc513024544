package dev.baton.kvtransfer.serve;

import dev.baton.kvtransfer.BlockSource;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.lease.LeaseBook;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What all connections of a holder share. */
public final class HolderState {
  final KvPlaneConfig config;
  final KvPool pool;
  final BlockWindows windows;
  final LeaseBook leases;
  final BlockSource source;
  final Timers timers;
  final Supplier<Map<TransportKind, byte[]>> adverts;

  /** While the worker has no lane; no message can be meant for it. */
  public static final long NO_EPOCH = 0;

  private volatile long epoch = NO_EPOCH;

  public HolderState(
      KvPlaneConfig config,
      KvPool pool,
      BlockWindows windows,
      LeaseBook leases,
      BlockSource source,
      Timers timers,
      Supplier<Map<TransportKind, byte[]>> adverts) {
    this.config = config;
    this.pool = pool;
    this.windows = windows;
    this.leases = leases;
    this.source = source;
    this.timers = timers;
    this.adverts = adverts;
  }

  /** Enters another epoch; false if it is the present one. For one thread at a time. */
  public boolean moveTo(long entered) {
    if (epoch == entered) {
      return false;
    }
    epoch = entered;
    return true;
  }

  /** The refusal of a message meant for another epoch than the present one; null if it is right. */
  @Nullable Refused stale(long meant) {
    long now = epoch;
    if (meant == now && now != NO_EPOCH) {
      return null;
    }
    return new Refused(
        Refusal.STALE_EPOCH,
        "meant for epoch "
            + meant
            + " of "
            + config.worker()
            + (now == NO_EPOCH ? ", which has none" : ", which is in epoch " + now));
  }
}
