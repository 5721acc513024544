package dev.baton.kvtransfer.plane;

import dev.baton.contracts.Epoch;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.PeerFailure;
import dev.baton.kvtransfer.transport.Quietly;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.wire.FrameHeader;
import dev.baton.kvtransfer.wire.Frames;
import dev.baton.kvtransfer.wire.Message;
import dev.baton.kvtransfer.wire.MessageCodec;
import dev.baton.kvtransfer.wire.Outbox;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The control connection to one peer: questions and answers, matched by correlation. It also is the
 * peer's sign of life: it breaks at once when the peer's process dies.
 */
final class ControlChannel {
  private final SocketChannel channel;
  private final Frames frames;
  private final Outbox outbox;
  private final Epoch epoch;
  private final Timers timers;
  private final Map<Integer, CompletableFuture<Answer>> pending = new ConcurrentHashMap<>();
  private final AtomicInteger correlations = new AtomicInteger();
  private final AtomicReference<@Nullable String> lost = new AtomicReference<>();

  ControlChannel(SocketChannel channel, Frames frames, Epoch epoch, Timers timers) {
    this.channel = channel;
    this.frames = frames;
    this.epoch = epoch;
    this.timers = timers;
    this.outbox = new Outbox(frames, "kv-peer", () -> Quietly.close(channel));
  }

  /** Either what the peer said or why it said nothing. */
  sealed interface Answer {
    record Said(Message message) implements Answer {}

    record Nothing(PeerFailure why) implements Answer {}
  }

  /** Starts to listen; {@code onLost} hears once, with the reason, that the connection is gone. */
  void start(Consumer<String> onLost) {
    Thread.ofVirtual().name("kv-peer-reader").start(() -> listen(onLost));
  }

  /** Asks; the answer always completes, at the deadline at the latest. */
  CompletableFuture<Answer> ask(Message question, Deadline deadline) {
    int correlation = correlations.incrementAndGet();
    CompletableFuture<Answer> answer = new CompletableFuture<>();
    pending.put(correlation, answer);
    Timers.Timer timer =
        timers.at(
            deadline,
            () ->
                answer.complete(
                    new Answer.Nothing(
                        new PeerFailure.DeadlineExceeded(
                            "the answer to " + question.getClass().getSimpleName()))));
    answer.whenComplete((_, _) -> {
      timer.close();
      pending.remove(correlation);
    });
    if (!outbox.offer(MessageCodec.frame(question, correlation, epoch.value()))) {
      answer.complete(new Answer.Nothing(new PeerFailure.PeerLost("control connection closed")));
    }
    // The connection may have broken between the look at the outbox and the entry's registration.
    String reason = lost.get();
    if (reason != null) {
      answer.complete(new Answer.Nothing(new PeerFailure.PeerLost(reason)));
    }
    return answer;
  }

  /** Closes the connection for a reason that all who wait get to hear. */
  void close(String reason) {
    lost.compareAndSet(null, reason);
    Quietly.close(channel);
  }

  private void listen(Consumer<String> onLost) {
    try {
      while (true) {
        FrameHeader header = frames.nextHeader();
        Message message = frames.message(header);
        CompletableFuture<Answer> answer = pending.get(header.correlation());
        if (answer != null) {
          answer.complete(new Answer.Said(message));
        }
      }
    } catch (IOException | RuntimeException e) {
      lost.compareAndSet(null, "control connection: " + e.getMessage());
    }
    String reason = String.valueOf(lost.get());
    Quietly.close(channel);
    outbox.close();
    for (CompletableFuture<Answer> answer : pending.values()) {
      answer.complete(new Answer.Nothing(new PeerFailure.PeerLost(reason)));
    }
    onLost.accept(reason);
  }
}
