package dev.baton.kvtransfer.plane;

import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.KvPool;
import dev.baton.kvtransfer.TransportKind;
import dev.baton.kvtransfer.TransportPath;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.Dialer;
import dev.baton.kvtransfer.transport.Quietly;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.RunningTransfers;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Welcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connects to a holder and picks the best transport that both sides have. Blocks. */
final class PeerConnector {
  private static final Logger log = LoggerFactory.getLogger(PeerConnector.class);

  private final KvPlaneConfig config;
  private final KvPool pool;
  private final Transports transports;
  private final Dialer dialer;
  private final Timers timers;
  private final RunningTransfers running;

  PeerConnector(
      KvPlaneConfig config,
      KvPool pool,
      Transports transports,
      Dialer dialer,
      Timers timers,
      RunningTransfers running) {
    this.config = config;
    this.pool = pool;
    this.transports = transports;
    this.dialer = dialer;
    this.timers = timers;
    this.running = running;
  }

  ConnectOutcome connect(LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
    return switch (dialer.dial(holder, endpoint, Message.Channel.CONTROL, deadline)) {
      case Dialer.Dialed.Failed(var outcome) -> outcome;
      case Dialer.Dialed.Open open -> {
        boolean connected = false;
        try {
          ConnectOutcome outcome = attach(open, holder, endpoint, deadline);
          connected = outcome instanceof ConnectOutcome.Connected;
          yield outcome;
        } finally {
          if (!connected) {
            Quietly.close(open.channel());
          }
        }
      }
    };
  }

  private ConnectOutcome attach(
      Dialer.Dialed.Open open, LaneRef holder, KvEndpoint endpoint, Deadline deadline) {
    Welcome welcome = open.welcome();
    if (welcome.blockBytes() != pool.blockBytes()
        || !welcome.layout().equals(config.layout())
        || !welcome.fingerprint().equals(config.fingerprint())) {
      return new ConnectOutcome.Refused(
          "holder %s has blocks of %d bytes (%s, model %s), reader %s of %d bytes (%s, model %s)"
              .formatted(
                  holder.worker(),
                  welcome.blockBytes(),
                  welcome.layout(),
                  welcome.fingerprint(),
                  config.worker(),
                  pool.blockBytes(),
                  config.layout(),
                  config.fingerprint()));
    }
    RemotePool remote =
        new RemotePool(holder, endpoint, welcome.blockBytes(), welcome.blockCount());
    List<String> passedOver = new ArrayList<>();
    for (TransportKind kind : TransportKind.values()) {
      try {
        BlockReader reader = attach(kind, welcome.adverts(), remote, deadline);
        TransportPath path = new TransportPath(kind, passedOver);
        log.info(
            "Connected to {} epoch {} by {}; passed over: {}",
            holder.worker(),
            holder.epoch().value(),
            kind,
            passedOver);
        ControlChannel control =
            new ControlChannel(open.channel(), open.frames(), holder.epoch(), timers);
        return new ConnectOutcome.Connected(
            new RemotePeer(remote, path, control, reader, pool, config, running));
      } catch (AttachException e) {
        passedOver.add(kind + ": " + e.getMessage());
      }
    }
    return new ConnectOutcome.Refused(
        "no common transport with " + holder.worker() + ": " + passedOver);
  }

  private BlockReader attach(
      TransportKind kind, Map<TransportKind, byte[]> adverts, RemotePool remote, Deadline deadline)
      throws AttachException {
    Transport transport = transports.use(kind);
    byte[] advert = adverts.get(kind);
    if (advert == null) {
      throw new AttachException("not offered by " + remote.holder().worker());
    }
    return transport.attach(remote, advert, deadline);
  }
}
