package dev.baton.kvtransfer.transport;

import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.LaneRef;
import dev.baton.kvtransfer.ConnectOutcome;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Channel;
import dev.baton.kvtransfer.wire.Message.Hello;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.Message.Welcome;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;

/** Opens connections to holders and shakes hands on them. Blocks; for virtual threads. */
public final class Dialer {
  private final KvPlaneConfig config;
  private final Timers timers;

  public Dialer(KvPlaneConfig config, Timers timers) {
    this.config = config;
    this.timers = timers;
  }

  /** What came of a call. */
  public sealed interface Dialed {
    /** A connection that the holder welcomed. */
    record Open(SocketChannel channel, Frames frames, Welcome welcome) implements Dialed {}

    /** {@code outcome} is never {@code Connected}. */
    record Failed(ConnectOutcome outcome) implements Dialed {}
  }

  public Dialed dial(LaneRef holder, KvEndpoint endpoint, Channel use, Deadline deadline) {
    InetSocketAddress address = new InetSocketAddress(endpoint.host(), endpoint.port());
    if (address.isUnresolved()) {
      return lost("host " + endpoint.host() + " is unknown");
    }
    SocketChannel channel;
    try {
      channel = SocketChannel.open();
    } catch (IOException e) {
      return lost("no socket: " + e.getMessage());
    }
    Dialed dialed;
    try (var _ = timers.at(deadline, () -> Quietly.close(channel))) {
      channel.connect(address);
      Frames.tune(channel);
      Frames frames = new Frames(channel);
      dialed = shakeHands(holder, use, channel, frames);
    } catch (IOException e) {
      dialed =
          deadline.expired()
              ? new Dialed.Failed(new PeerFailure.DeadlineExceeded("connection to " + address))
              : lost("cannot connect to " + address + ": " + e.getMessage());
    }
    if (!(dialed instanceof Dialed.Open)) {
      Quietly.close(channel);
    }
    return dialed;
  }

  private Dialed shakeHands(LaneRef holder, Channel use, SocketChannel channel, Frames frames)
      throws IOException {
    Hello hello =
        new Hello(
            Message.VERSION,
            use,
            config.worker(),
            holder.worker(),
            config.fingerprint(),
            config.layout());
    frames.write(MessageCodec.frame(hello, 0, holder.epoch().value()));
    return switch (frames.message(frames.nextHeader())) {
      case Welcome welcome -> new Dialed.Open(channel, frames, welcome);
      case Refused(var why, var reason) ->
          new Dialed.Failed(
              switch (why) {
                case STALE_EPOCH -> new PeerFailure.StaleEpoch(holder.epoch(), reason);
                case INCOMPATIBLE -> new ConnectOutcome.Refused(reason);
                case OVERLOADED, FAILED, INVALID, LEASE_EXPIRED -> new PeerFailure.Declined(reason);
              });
      case Message other -> lost("answered the handshake with " + other.getClass().getSimpleName());
    };
  }

  private static Dialed lost(String reason) {
    return new Dialed.Failed(new PeerFailure.PeerLost(reason));
  }
}
