package dev.baton.prefill.handoff;

import dev.baton.contracts.HandOff;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.springframework.kafka.core.KafkaTemplate;

/** Sends hand-offs to the partition of the target's lane, off the caller's thread. */
public final class KafkaHandOffs implements HandOffs, AutoCloseable {
  private final KafkaTemplate<String, byte[]> kafka;
  private final ExecutorService sender =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().name("hand-offs").daemon().factory());

  public KafkaHandOffs(KafkaTemplate<String, byte[]> kafka) {
    this.kafka = kafka;
  }

  @Override
  public CompletionStage<?> send(HandOff handOff) {
    // Kafka's producer blocks while it knows no partitions, which the engine loop must not.
    return CompletableFuture.supplyAsync(
            () ->
                kafka.send(
                    Topics.KV_HANDLES,
                    handOff.target().lane().number(),
                    handOff.request().value(),
                    WireCodec.toCbor(handOff)),
            sender)
        .thenCompose(Function.identity());
  }

  @Override
  public void close() {
    sender.shutdownNow();
  }
}
