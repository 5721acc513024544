package dev.baton.decode.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.FinishReason;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.HandOff;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.localstack.servers.RealKafka;
import dev.baton.worker.runtime.FaultInjector;
import dev.baton.worker.runtime.WorkerRuntime;
import dev.baton.worker.web.WorkRefusedException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;

/** Generations over a real Kafka, the real engine and a prefill worker's real blocks. */
class GenerationsIT {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Lane LANE = new Lane(7);
  private static final int PROMPT = 203;

  private static RealKafka kafka;
  private static long epochs;

  @TempDir Path folder;
  private final FaultInjector faults = new FaultInjector();
  private LaneRef self;
  private WorkerRuntime decode;
  private PrefillSide prefill;
  private Generations generations;

  @BeforeAll
  static void startKafka() {
    kafka = RealKafka.start();
  }

  @AfterAll
  static void stopKafka() {
    kafka.close();
  }

  @BeforeEach
  void start() throws Exception {
    self = new LaneRef(new WorkerId("decode"), LANE, new Epoch(++epochs));
    decode = Workers.start("decode", folder.resolve("decode"), faults);
    prefill = PrefillSide.start(folder.resolve("prefill"), kafka.bootstrapServers());
    generations = generations(Duration.ofSeconds(30));
    join();
  }

  private Generations generations(Duration patience) {
    return new Generations(
        decode,
        Map.of("bootstrap.servers", kafka.bootstrapServers()),
        new DecodeProperties(patience, Duration.ofSeconds(5), true, 8),
        Clock.systemUTC());
  }

  private void join() {
    decode.granted(self);
    generations.granted(self);
    await().atMost(PATIENCE).until(generations::connected);
  }

  @AfterEach
  void nothingIsLeftBehind() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(generations.idle()).isTrue();
          assertThat(decode.stats(0).pinnedBlocks()).isZero();
          assertThat(prefill.worker().leases().size()).isZero();
          assertThat(prefill.worker().stats(0).pinnedBlocks()).isZero();
        });
    assertThat(decode.loop().verify().toCompletableFuture()).succeedsWithin(Duration.ofSeconds(5));
    generations.close();
    decode.close();
    prefill.close();
  }

  private GenerateRequest request(
      String id, GenerationPath path, SamplingParams sampling, StopConditions stop) {
    return request(id, path, sampling, stop, prompt(id), PROMPT);
  }

  private GenerateRequest request(
      String id,
      GenerationPath path,
      SamplingParams sampling,
      StopConditions stop,
      TokenIds tokens,
      int promptLength) {
    return new GenerateRequest(
        GenerateRequest.VERSION,
        new RequestId(id),
        1,
        "model",
        self,
        tokens,
        promptLength,
        BlockHasher.root(decode.engine().model().fingerprint(), "tenant"),
        sampling,
        stop,
        path,
        Instant.now().plusSeconds(60),
        List.of());
  }

  private static TokenIds prompt(String id) {
    return TokenIds.of(new Random(id.charAt(0)).ints(PROMPT, 0, 500).toArray());
  }

  private static StopConditions atMost(int tokens) {
    return new StopConditions(tokens, TokenIds.EMPTY);
  }

  /** A stream being read. */
  private record Reader(List<TokenEvent> events, Disposable subscription) {
    List<Integer> tokens() {
      return events.stream()
          .filter(TokenEvent.Token.class::isInstance)
          .map(event -> ((TokenEvent.Token) event).token().tokenId())
          .toList();
    }

    TokenEvent last() {
      await().atMost(PATIENCE).until(subscription::isDisposed);
      return events.getLast();
    }

    TokenEvent.Finished finished() {
      assertThat(last()).isInstanceOf(TokenEvent.Finished.class);
      return (TokenEvent.Finished) last();
    }
  }

  private Reader read(GenerateRequest request) {
    List<TokenEvent> events = new CopyOnWriteArrayList<>();
    return new Reader(events, generations.generate(request).subscribe(events::add));
  }

  private Reader disaggregated(String id, SamplingParams sampling, StopConditions stop)
      throws Exception {
    GenerateRequest request = request(id, GenerationPath.DISAGGREGATED, sampling, stop);
    Reader reader = read(request);
    prefill.handOver(request);
    return reader;
  }

  private List<Integer> local(String id, SamplingParams sampling, StopConditions stop) {
    Reader reader = read(request(id, GenerationPath.DECODE_LOCAL, sampling, stop));
    reader.finished();
    return reader.tokens();
  }

  @Test
  void aHandedOverPromptGivesTheTokensOfALocalOne() throws Exception {
    for (SamplingParams sampling :
        List.of(SamplingParams.greedy(), SamplingParams.seeded(1, 0.9f, 42))) {
      String id = sampling.temperature() == 0 ? "a" : "b";
      Reader reader = disaggregated(id, sampling, atMost(40));
      TokenEvent.Finished finished = reader.finished();
      assertThat(reader.events().getFirst()).isInstanceOf(TokenEvent.Accepted.class);
      assertThat(finished.reason()).isEqualTo(FinishReason.LENGTH);
      assertThat(finished.outputTokens()).isEqualTo(40);
      assertThat(finished.timings().path()).isEqualTo(GenerationPath.DISAGGREGATED);
      assertThat(finished.timings().transport()).isEqualTo("shared_memory");
      assertThat(finished.timings().prefill().computedTokens()).isEqualTo(PROMPT);
      assertThat(decode.stats(0).computedTokens()).isZero();
      long moved = finished.timings().transferredBytes();
      assertThat(moved).isEqualTo(13 * decode.engine().kvLayout().blockBytes());
      decode.close();
      generations.close();
      decode = Workers.start("decode", folder.resolve("again-" + id), faults);
      generations = generations(Duration.ofSeconds(30));
      join();
      assertThat(reader.tokens()).isEqualTo(local(id, sampling, atMost(40)));
      decode.close();
      generations.close();
      decode = Workers.start("decode", folder.resolve("third-" + id), faults);
      generations = generations(Duration.ofSeconds(30));
      join();
    }
  }

  @Test
  void positionsFollowThePromptWithoutAGap() throws Exception {
    Reader reader = disaggregated("p", SamplingParams.greedy(), atMost(5));
    reader.finished();
    assertThat(
            reader.events().stream()
                .filter(TokenEvent.Token.class::isInstance)
                .map(event -> ((TokenEvent.Token) event).position()))
        .containsExactly(PROMPT, PROMPT + 1, PROMPT + 2, PROMPT + 3, PROMPT + 4);
  }

  @Test
  void aFirstTokenThatStopsEndsTheAnswerBeforeAnythingMoves() throws Exception {
    GenerateRequest probe =
        request("s", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(1));
    Reader one = read(probe);
    prefill.handOver(probe);
    assertThat(one.finished().reason()).isEqualTo(FinishReason.LENGTH);
    int first = one.tokens().getFirst();
    StopConditions stop = new StopConditions(9, TokenIds.of(first));
    GenerateRequest stopped =
        request("s2", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), stop);
    Reader none = read(stopped);
    prefill.handOver(stopped);
    assertThat(none.finished().reason()).isEqualTo(FinishReason.STOP);
    assertThat(none.finished().outputTokens()).isZero();
    assertThat(none.tokens()).isEmpty();
    assertThat(decode.stats(0).pulledTokens()).isZero();
  }

  /** Six blocks are there when prefill is announced; the others come with the handle. */
  @Test
  void blocksOfFinishedChunksArriveBeforeTheHandle() throws Exception {
    GenerateRequest request =
        request("o", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(12));
    Reader reader = read(request);
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    prefill.compute(request, 97);
    prefill.send(prefill.started(request));
    await().atMost(PATIENCE).until(() -> decode.stats(0).pulledTokens() == 96);
    assertThat(reader.tokens()).isEmpty();
    prefill.handOver(request);
    TokenEvent.Finished finished = reader.finished();
    assertThat(finished.timings().ladder()).isEmpty();
    assertThat(finished.timings().transferredBytes())
        .isEqualTo(13 * decode.engine().kvLayout().blockBytes());
    assertThat(decode.stats(0).pulledTokens()).isEqualTo(PROMPT);
    assertThat(decode.stats(0).computedTokens()).isZero();
    assertThat(reader.tokens()).isEqualTo(local("o", SamplingParams.greedy(), atMost(12)));
  }

  /** The prefill worker gives up half-way: what it did is not done again. */
  @Test
  void theHeadStartIsKeptWhenPrefillFails() throws Exception {
    GenerateRequest request =
        request("h", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(6));
    Reader reader = read(request);
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    prefill.compute(request, 97);
    prefill.send(prefill.started(request));
    await().atMost(PATIENCE).until(() -> decode.stats(0).pulledTokens() == 96);
    prefill.fail(request);
    assertThat(reader.finished().timings().path()).isEqualTo(GenerationPath.DECODE_LOCAL);
    assertThat(decode.stats(0).computedTokens()).isEqualTo(PROMPT - 96);
    assertThat(reader.tokens()).isEqualTo(local("h", SamplingParams.greedy(), atMost(6)));
  }

  /** Nobody is there to give a head start. */
  @Test
  void aPrefillWorkerThatDiesAfterItsAnnouncementCostsNothing() throws Exception {
    GenerateRequest request =
        request("d", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(6));
    Reader reader = read(request);
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    HandOff.PrefillStarted started = prefill.started(request);
    prefill.send(
        new HandOff.PrefillStarted(
            HandOff.VERSION,
            request.request(),
            1,
            self,
            started.holder(),
            new KvEndpoint("127.0.0.1", 1)));
    prefill.handOver(request);
    assertThat(reader.finished().timings().path()).isEqualTo(GenerationPath.DISAGGREGATED);
    assertThat(decode.stats(0).computedTokens()).isZero();
  }

  @Test
  void aFailedPrefillIsDoneHere() {
    GenerateRequest request =
        request("f", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(6));
    Reader reader = read(request);
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    prefill.fail(request);
    TokenEvent.Finished finished = reader.finished();
    assertThat(finished.timings().path()).isEqualTo(GenerationPath.DECODE_LOCAL);
    assertThat(finished.timings().ladder()).singleElement().asString().contains("out of order");
    assertThat(reader.tokens()).isEqualTo(local("f", SamplingParams.greedy(), atMost(6)));
  }

  @Test
  void aHandOffThatDoesNotComeIsNotWaitedForAndGivenBackWhenItComesLate() throws Exception {
    generations.close();
    generations = generations(Duration.ofMillis(300));
    join();
    GenerateRequest request =
        request("l", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(6));
    Reader reader = read(request);
    assertThat(reader.finished().timings().path()).isEqualTo(GenerationPath.DECODE_LOCAL);
    prefill.handOver(request);
    assertThat(prefill.worker().leases().size()).isLessThanOrEqualTo(1);
  }

  @Test
  void aBlockCorruptedInFlightChangesNoToken() throws Exception {
    faults.corrupt(1);
    Reader reader = disaggregated("c", SamplingParams.greedy(), atMost(20));
    assertThat(reader.finished().timings().ladder())
        .singleElement()
        .asString()
        .contains("corrupted");
    assertThat(decode.stats(0).digestMismatches()).isEqualTo(1);
    assertThat(reader.tokens()).isEqualTo(local("c", SamplingParams.greedy(), atMost(20)));
  }

  @Test
  void anAttemptGoesOnWhereAnEarlierOneStopped() throws Exception {
    Reader whole = disaggregated("w", SamplingParams.seeded(1, 1, 3), atMost(12));
    whole.finished();
    TokenIds sent =
        prompt("w")
            .plus(
                TokenIds.of(
                    whole.tokens().subList(0, 5).stream().mapToInt(Integer::intValue).toArray()));
    GenerateRequest rest =
        request(
            "w2",
            GenerationPath.DISAGGREGATED,
            SamplingParams.seeded(1, 1, 3),
            atMost(12),
            sent,
            PROMPT);
    Reader reader = read(rest);
    prefill.handOver(rest);
    assertThat(reader.finished().outputTokens()).isEqualTo(12);
    assertThat(reader.tokens()).isEqualTo(whole.tokens().subList(5, 12));
  }

  @Test
  void aReaderThatGoesAwayEndsItsGenerationAtOnce() throws Exception {
    GenerateRequest request =
        request("g", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(250));
    Reader waiting = read(request);
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    waiting.subscription().dispose();
    await().atMost(Duration.ofSeconds(1)).until(generations::idle);
    prefill.handOver(request);

    Reader running =
        read(request("r", GenerationPath.DECODE_LOCAL, SamplingParams.greedy(), atMost(250)));
    await().atMost(PATIENCE).until(() -> running.tokens().size() > 2);
    running.subscription().dispose();
    await()
        .atMost(Duration.ofSeconds(1))
        .until(() -> generations.idle() && decode.stats(0).pinnedBlocks() == 0);
  }

  @Test
  void cancellingByRequestTellsTheReader() {
    Reader reader =
        read(request("x", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(9)));
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    generations.cancel(new RequestId("x"));
    assertThat(reader.last())
        .isInstanceOfSatisfying(
            TokenEvent.Failed.class, failed -> assertThat(failed.code()).isEqualTo("cancelled"));
  }

  @Test
  void aWorkerThatLosesItsLaneSendsWhatWaitsElsewhere() {
    Reader reader =
        read(request("y", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(9)));
    await().atMost(PATIENCE).until(() -> generations.waiting() == 1);
    generations.fenced(self);
    assertThat(reader.last())
        .isInstanceOfSatisfying(
            TokenEvent.Failed.class, failed -> assertThat(failed.retryable()).isTrue());
    assertThatThrownBy(() ->
            generations
                .generate(
                    request("z", GenerationPath.DECODE_LOCAL, SamplingParams.greedy(), atMost(9)))
                .blockLast(PATIENCE))
        .isInstanceOf(WorkRefusedException.class);
  }

  @Test
  void refusesWhatIsMeantForAnotherEpochOrIsHereAlready() {
    GenerateRequest request =
        request("d", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(9));
    Reader reader = read(request);
    assertThatThrownBy(() -> generations.generate(request).blockLast(PATIENCE))
        .hasMessageContaining("already");
    self = new LaneRef(self.worker(), LANE, new Epoch(++epochs));
    assertThatThrownBy(() ->
            generations
                .generate(
                    request("e", GenerationPath.DECODE_LOCAL, SamplingParams.greedy(), atMost(9)))
                .blockLast(PATIENCE))
        .hasMessageContaining("epoch");
    reader.subscription().dispose();
  }

  @Test
  void takesNoMoreThanItsLimit() {
    List<Reader> readers =
        List.of("1", "2", "3", "4", "5", "6", "7", "8").stream()
            .map(id ->
                read(request(id, GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(9))))
            .toList();
    assertThatThrownBy(() ->
            generations
                .generate(
                    request("9", GenerationPath.DISAGGREGATED, SamplingParams.greedy(), atMost(9)))
                .blockLast(PATIENCE))
        .hasMessageContaining("at most 8");
    readers.forEach(reader -> reader.subscription().dispose());
  }
}
