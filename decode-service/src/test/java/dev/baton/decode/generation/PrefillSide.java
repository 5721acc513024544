package dev.baton.decode.generation;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.worker.loop.Goal;
import dev.baton.worker.loop.SequenceEnd;
import dev.baton.worker.loop.SequenceId;
import dev.baton.worker.loop.SequenceListener;
import dev.baton.worker.loop.SequenceSpec;
import dev.baton.worker.runtime.WorkerRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A prefill worker as a decode worker sees it: real blocks on lease, and records on the lane. */
record PrefillSide(WorkerRuntime worker, LaneRef lane, KafkaProducer<String, byte[]> producer)
    implements AutoCloseable {

  static PrefillSide start(Path pool, String bootstrapServers) throws IOException {
    WorkerRuntime worker = Workers.start("prefill", pool, TransferInterceptor.NONE);
    LaneRef lane = new LaneRef(worker.id(), new Lane(1), new Epoch(1));
    worker.granted(lane);
    return new PrefillSide(
        worker,
        lane,
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers),
            new StringSerializer(),
            new ByteArraySerializer()));
  }

  /** Computes a request's prompt and sends the handle. */
  void handOver(GenerateRequest request) throws Exception {
    CompletableFuture<SequenceEnd> ended = new CompletableFuture<>();
    worker
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(request.request(), request.attempt()),
                request.tokens(),
                request.tokens().size(),
                request.promptLength(),
                request.root(),
                request.sampling(),
                new Goal.HandOver(),
                0,
                request.deadline(),
                null),
            new SequenceListener() {
              @Override
              public void ended(SequenceEnd end) {
                ended.complete(end);
              }
            });
    SequenceEnd.HandedOver done = (SequenceEnd.HandedOver) ended.get(20, TimeUnit.SECONDS);
    var blocks = done.blocks().toCompletableFuture().get(5, TimeUnit.SECONDS);
    var lease = worker.leases().open(request.request(), done.pinned(), Duration.ofSeconds(30));
    send(
        new HandOff.KvHandle(
            HandOff.VERSION,
            request.request(),
            request.attempt(),
            request.target(),
            new LeaseRef(lane, worker.endpoint(), lease.leaseId(), lease.expiresAt()),
            blocks,
            request.tokens().size(),
            done.firstToken(),
            new PrefillTimings(
                done.times().waiting(),
                done.times().computing(),
                done.times().filling(),
                done.times().computedTokens(),
                done.times().reusedTokens(),
                done.times().filledTokens())));
  }

  void send(HandOff handOff) {
    producer.send(
        new ProducerRecord<>(
            Topics.KV_HANDLES,
            handOff.target().lane().number(),
            handOff.request().value(),
            WireCodec.toCbor(handOff)));
    producer.flush();
  }

  @Override
  public void close() {
    producer.close(Duration.ofSeconds(2));
    worker.close();
  }
}
