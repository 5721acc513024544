package dev.baton.prefill.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.PrefillRequest;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.localstack.servers.RealKafka;
import dev.baton.prefill.Requests;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The share group on a real Kafka. */
class PrefillQueueIT {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Duration LOCK = Duration.ofSeconds(2);

  private static RealKafka kafka;
  private static KafkaProducer<String, byte[]> producer;
  private final List<PrefillQueue> queues = new CopyOnWriteArrayList<>();

  /** A worker that notes what it gets and answers as told. */
  private static final class Worker implements PrefillHandler {
    final List<String> got = new CopyOnWriteArrayList<>();
    private final Function<PrefillRequest, CompletionStage<Settlement>> answer;

    Worker(Function<PrefillRequest, CompletionStage<Settlement>> answer) {
      this.answer = answer;
    }

    @Override
    public CompletionStage<Settlement> handle(PrefillRequest request, ServiceClass serviceClass) {
      got.add(request.request().value());
      return answer.apply(request);
    }
  }

  @BeforeAll
  static void start() {
    kafka = RealKafka.start();
    producer = new KafkaProducer<>(client(), new StringSerializer(), new ByteArraySerializer());
  }

  @AfterAll
  static void stop() {
    producer.close(Duration.ofSeconds(5));
    kafka.close();
  }

  @AfterEach
  void closeQueues() {
    queues.forEach(PrefillQueue::close);
  }

  private static Map<String, Object> client() {
    return Map.of("bootstrap.servers", kafka.bootstrapServers());
  }

  private PrefillQueue open(Worker worker, int slots) {
    PrefillQueue queue =
        new PrefillQueue(new ShareGroup(client(), LOCK), slots, 1, worker, () -> true);
    queues.add(queue);
    queue.start();
    await().atMost(PATIENCE).until(queue::connected);
    return queue;
  }

  private static Worker obedient() {
    return new Worker(_ -> CompletableFuture.completedStage(Settlement.DONE));
  }

  private static void send(String topic, String id) {
    send(topic, id, WireCodec.toCbor(Requests.prefill(id, 20)));
  }

  private static void send(String topic, String id, byte[] value) {
    producer.send(new ProducerRecord<>(topic, id, value));
    producer.flush();
  }

  @Test
  void takesBothClassesAndEachRequestOnce() {
    Worker worker = obedient();
    open(worker, 2);
    for (int i = 0; i < 10; i++) {
      send(Topics.PREFILL_INTERACTIVE, "interactive-" + i);
    }
    send(Topics.PREFILL_BATCH, "batch");
    await().atMost(PATIENCE).until(() -> worker.got.size() == 11);
    assertThat(worker.got).doesNotHaveDuplicates();
  }

  @Test
  void aLongPrefillKeepsItsRecordBeyondTheLock() {
    CompletableFuture<Settlement> slow = new CompletableFuture<>();
    Worker first = new Worker(_ -> slow);
    open(first, 1);
    send(Topics.PREFILL_INTERACTIVE, "slow");
    await().atMost(PATIENCE).until(() -> first.got.contains("slow"));
    Worker second = obedient();
    open(second, 1);
    await()
        .during(LOCK.multipliedBy(2))
        .atMost(PATIENCE)
        .until(() -> second.got.isEmpty() && first.got.size() == 1);
    slow.complete(Settlement.DONE);
    send(Topics.PREFILL_INTERACTIVE, "next");
    await().atMost(PATIENCE).until(() -> first.got.contains("next") || second.got.contains("next"));
    assertThat(second.got).doesNotContain("slow");
  }

  @Test
  void whatAWorkerGivesBackGoesToAnother() {
    Worker unwilling = new Worker(_ -> CompletableFuture.completedStage(Settlement.TRY_ELSEWHERE));
    open(unwilling, 1);
    Worker willing = obedient();
    open(willing, 1);
    for (int i = 0; i < 6; i++) {
      send(Topics.PREFILL_INTERACTIVE, "returned-" + i);
    }
    await().atMost(PATIENCE).until(() -> willing.got.size() == 6);
    assertThat(unwilling.got).isNotEmpty();
  }

  @Test
  void whatADeadWorkerHeldGoesToAnother() {
    Worker dying = new Worker(_ -> new CompletableFuture<>());
    PrefillQueue first = open(dying, 1);
    send(Topics.PREFILL_INTERACTIVE, "orphan");
    await().atMost(PATIENCE).until(() -> dying.got.contains("orphan"));
    Worker heir = obedient();
    open(heir, 1);
    first.close();
    await().atMost(PATIENCE).until(() -> heir.got.contains("orphan"));
  }

  @Test
  void garbageStopsNothing() {
    Worker worker = obedient();
    open(worker, 1);
    send(Topics.PREFILL_INTERACTIVE, "garbage", new byte[] {1, 2, 3});
    send(Topics.PREFILL_INTERACTIVE, "good");
    await().atMost(PATIENCE).until(() -> worker.got.contains("good"));
    assertThat(worker.got).doesNotContain("garbage");
  }

  @Test
  void requestsThatCameBeforeTheFirstWorkerAreServed() {
    send(Topics.PREFILL_INTERACTIVE, "early");
    Worker worker = obedient();
    open(worker, 1);
    await().atMost(PATIENCE).until(() -> worker.got.contains("early"));
  }

  @Test
  void aStoppedQueueFinishesWhatItHasAndTakesNoMore() {
    CompletableFuture<Settlement> last = new CompletableFuture<>();
    Worker worker = new Worker(_ -> last);
    PrefillQueue queue = open(worker, 1);
    send(Topics.PREFILL_INTERACTIVE, "last");
    await().atMost(PATIENCE).until(() -> queue.busy() == 1);
    queue.stop();
    assertThat(queue.busy()).isEqualTo(1);
    last.complete(Settlement.DONE);
    await().atMost(PATIENCE).until(() -> queue.busy() == 0 && !queue.connected());
    Worker other = obedient();
    open(other, 1);
    send(Topics.PREFILL_INTERACTIVE, "after");
    await().atMost(PATIENCE).until(() -> other.got.contains("after"));
    assertThat(other.got).doesNotContain("last");
    assertThat(worker.got).containsExactly("last");
  }
}
