package dev.baton.decode.generation;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.LeaseRef;
import dev.baton.contracts.PrefillTimings;
import dev.baton.contracts.TokenIds;
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
    return of(Workers.start("prefill", pool, TransferInterceptor.NONE), bootstrapServers);
  }

  static PrefillSide of(WorkerRuntime worker, String bootstrapServers) {
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

  /** That this worker computes the request's prompt. */
  HandOff.PrefillStarted started(GenerateRequest request) {
    return new HandOff.PrefillStarted(
        HandOff.VERSION,
        request.request(),
        request.attempt(),
        request.target(),
        lane,
        worker.endpoint());
  }

  /** That this worker gives the request's prompt up. */
  void fail(GenerateRequest request) {
    send(
        new HandOff.PrefillFailure(
            HandOff.VERSION,
            request.request(),
            request.attempt(),
            request.target(),
            lane.worker(),
            "out of order",
            true));
  }

  /** Computes the first tokens of a request's prompt and keeps their blocks. */
  void compute(GenerateRequest request, int tokens) throws Exception {
    worker
        .loop()
        .unpin(run(request, TokenIds.copyOf(request.tokens().toArray(), tokens)).end.pinned());
  }

  /**
   * @param at {@code System.nanoTime()} of the end
   */
  private record Run(SequenceEnd.HandedOver end, long at) {}

  private Run run(GenerateRequest request, TokenIds tokens) throws Exception {
    CompletableFuture<Run> ended = new CompletableFuture<>();
    worker
        .loop()
        .submit(
            new SequenceSpec(
                new SequenceId(request.request(), request.attempt()),
                tokens,
                tokens.size(),
                Math.min(tokens.size(), request.promptLength()),
                request.root(),
                request.sampling(),
                new Goal.HandOver(),
                0,
                request.deadline(),
                null),
            new SequenceListener() {
              @Override
              public void ended(SequenceEnd end) {
                ended.complete(new Run((SequenceEnd.HandedOver) end, System.nanoTime()));
              }
            });
    return ended.get(20, TimeUnit.SECONDS);
  }

  /** Computes a request's prompt and sends the handle; says when the computation ended. */
  long handOver(GenerateRequest request) throws Exception {
    Run run = run(request, request.tokens());
    SequenceEnd.HandedOver done = run.end;
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
    return run.at;
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
