package dev.baton.kvtransfer.serve;

import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.transport.Quietly;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.MalformedFrameException;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.Message.Hello;
import dev.baton.kvtransfer.wire.Message.Refusal;
import dev.baton.kvtransfer.wire.Message.Refused;
import dev.baton.kvtransfer.wire.Message.Welcome;
import dev.baton.kvtransfer.wire.MessageCodec;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One accepted connection, from its handshake on. */
final class HolderConnection {
  private static final Logger log = LoggerFactory.getLogger(HolderConnection.class);

  private static final int MAX_HANDSHAKE = 4096;

  private final HolderState state;
  private final SocketChannel channel;

  HolderConnection(HolderState state, SocketChannel channel) {
    this.state = state;
    this.channel = channel;
  }

  /** Serves until the connection ends; whatever came over it stays its own trouble. */
  void run() {
    String peer = "an unknown peer";
    try {
      SocketAddress address = channel.getRemoteAddress();
      peer = String.valueOf(address);
      Frames.tune(channel);
      serve(new Frames(channel));
    } catch (EOFException | ClosedChannelException _) {
      log.debug("Connection from {} ended", peer);
    } catch (MalformedFrameException e) {
      log.warn("Closed the connection from {}: {}", peer, e.getMessage());
    } catch (IOException e) {
      log.debug("Connection from {} broke: {}", peer, e.toString());
    } catch (RuntimeException e) {
      log.warn("Closed the connection from {} after a failure", peer, e);
    }
  }

  private void serve(Frames frames) throws IOException {
    Hello hello;
    Deadline deadline = Deadline.after(state.config.handshakeTimeout());
    try (var _ = state.timers.at(deadline, () -> Quietly.close(channel))) {
      FrameHeader header = frames.nextHeader();
      if (!(frames.message(header, MAX_HANDSHAKE) instanceof Hello first)) {
        throw new MalformedFrameException("the first message must be a handshake");
      }
      hello = first;
      Refused refused = check(hello, header.epoch());
      Message answer = refused == null ? welcome() : refused;
      frames.write(MessageCodec.frame(answer, header.correlation(), header.epoch()));
      if (refused != null) {
        log.info("Refused a handshake: {}", refused.reason());
        return;
      }
    }
    switch (hello.channel()) {
      case CONTROL -> new ControlService(state, frames, () -> Quietly.close(channel)).serve();
      case DATA -> new DataService(state, frames, () -> Quietly.close(channel)).serve();
    }
  }

  private @Nullable Refused check(Hello hello, long epoch) {
    var config = state.config;
    if (hello.version() != Message.VERSION) {
      return incompatible(
          "%s speaks protocol version %d, reader %s version %d",
          config.worker(), Message.VERSION, hello.reader(), hello.version());
    }
    if (!hello.holder().equals(config.worker())) {
      return incompatible("this is worker %s, not %s", config.worker(), hello.holder());
    }
    // Another layout is another fingerprint too; the layout says more.
    if (!hello.layout().equals(config.layout())) {
      return incompatible(
          "holder %s has KV layout %s, reader %s has %s",
          config.worker(), config.layout(), hello.reader(), hello.layout());
    }
    if (!hello.fingerprint().equals(config.fingerprint())) {
      return incompatible(
          "holder %s serves model %s, reader %s model %s: other weights, or other weight or KV types",
          config.worker(), config.fingerprint(), hello.reader(), hello.fingerprint());
    }
    return state.stale(epoch);
  }

  private static Refused incompatible(String format, Object... args) {
    return new Refused(Refusal.INCOMPATIBLE, String.format(format, args));
  }

  private Welcome welcome() {
    return new Welcome(
        Message.VERSION,
        state.config.worker(),
        state.config.fingerprint(),
        state.config.layout(),
        state.pool.blockBytes(),
        state.pool.blockCount(),
        state.adverts.get());
  }
}
