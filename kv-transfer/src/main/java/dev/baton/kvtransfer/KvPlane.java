package dev.baton.kvtransfer;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * One worker's end of the KV plane: serves its own blocks and fetches those of others. Started by
 * {@link dev.baton.kvtransfer.plane.WorkerKvPlane#start}. Safe for use by all threads.
 */
public interface KvPlane extends AutoCloseable {
  /** The port that peers connect to. */
  int port();

  /** What this process can use, one entry a transport, best first. */
  List<TransportCapability> capabilities();

  /**
   * The lane lease's new epoch: all leases of an older one are revoked and its messages refused.
   */
  void enterEpoch(Epoch epoch);

  /** The lane lease is lost: all leases are revoked and everything refused until the next epoch. */
  void fence();

  /**
   * The peer at an endpoint, connected once an epoch and cached while it lives. Call ahead of time
   * to have the connection ready.
   */
  CompletionStage<ConnectOutcome> connect(LaneRef holder, KvEndpoint endpoint, Deadline deadline);

  /** Revokes all leases, closes all connections and waits until no copy runs any more. */
  @Override
  void close();
}
