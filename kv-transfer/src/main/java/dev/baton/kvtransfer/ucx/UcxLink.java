package dev.baton.kvtransfer.ucx;

import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.openucx.jucx.UcxCallback;
import org.openucx.jucx.UcxException;
import org.openucx.jucx.ucp.UcpEndpoint;
import org.openucx.jucx.ucp.UcpEndpointParams;
import org.openucx.jucx.ucp.UcpRemoteKey;
import org.openucx.jucx.ucp.UcpRequest;

/** An endpoint to a holder with the key to its pool. Agent's thread only. */
final class UcxLink implements RemoteGets {
  private static final long CLOSE_PATIENCE_NANOS = 50_000_000;

  private final UcxAgent agent;
  private final UcpEndpoint endpoint;
  private final Consumer<String> onBroken;
  private @Nullable UcpRemoteKey key;
  private boolean closed;

  private UcxLink(UcxAgent agent, InetSocketAddress address, Consumer<String> onBroken) {
    this.agent = agent;
    this.onBroken = onBroken;
    this.endpoint =
        agent
            .worker()
            .newEndpoint(
                new UcpEndpointParams()
                    .setSocketAddress(address)
                    .setPeerErrorHandlingMode()
                    .setErrorHandler((_, status, message) -> broken(status, message)));
  }

  /**
   * Connects. {@code onReady} hears when the link can be used, {@code onBroken} at most once that
   * it never will be, or is no more.
   *
   * @throws UcxException when UCX cannot even try
   */
  static UcxLink connect(
      UcxAgent agent,
      InetSocketAddress address,
      ByteBuffer remoteKey,
      Runnable onReady,
      Consumer<String> onBroken) {
    UcxLink link = new UcxLink(agent, address, onBroken);
    // Without a flush before it, the first get fails: its lanes are not wired up yet.
    link.endpoint.flushNonBlocking(
        new UcxCallback() {
          @Override
          public void onSuccess(UcpRequest request) {
            link.unpack(remoteKey, onReady);
          }

          @Override
          public void onError(int status, String message) {
            link.broken(status, message);
          }
        });
    return link;
  }

  private void unpack(ByteBuffer remoteKey, Runnable onReady) {
    if (closed) {
      return;
    }
    try {
      key = endpoint.unpackRemoteKey(remoteKey);
    } catch (UcxException e) {
      broken(e.getStatus(), "the holder's memory is out of reach: " + e.getMessage());
      return;
    }
    onReady.run();
  }

  boolean ready() {
    return key != null && !closed;
  }

  @Override
  public void get(long remoteAddress, long localAddress, long bytes, UcxCallback callback) {
    UcpRemoteKey present = key;
    if (closed || present == null) {
      throw new UcxException("the link is closed");
    }
    endpoint.getNonBlocking(remoteAddress, present, localAddress, bytes, callback);
  }

  /**
   * Tears the connection down without asking the peer. UCX then calls back for every get under way,
   * with an error; once it has, it does not touch the local memory again. Not from inside UCX's
   * callbacks.
   */
  void close() {
    if (closed) {
      return;
    }
    closed = true;
    UcpRequest closing = endpoint.closeNonBlockingForce();
    // Gets that wait for their turn still refer to the key: it goes after the endpoint. Where that
    // hangs the key is left behind.
    if (agent.progressUntil(closing::isCompleted, CLOSE_PATIENCE_NANOS) && key != null) {
      key.close();
    }
  }

  private void broken(int status, String message) {
    if (!closed) {
      onBroken.accept(message + " (" + status + ")");
    }
  }
}
