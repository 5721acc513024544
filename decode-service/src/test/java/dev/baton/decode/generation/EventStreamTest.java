package dev.baton.decode.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.RequestId;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.TokenEvent;
import dev.baton.worker.loop.SequenceId;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class EventStreamTest {
  private static final int ROUNDS = 500;

  /** Enough to refill every queue on the way several times. */
  private static final int TOKENS = 600;

  private static final SequenceId ID = new SequenceId(new RequestId("req-stream"), 1);
  private static final Duration SILENCE = Duration.ofSeconds(10);

  @Test
  void nothingIsLostWhileWritersTakeTurnsAndTheReaderAsksFromAnotherThread() {
    Random random = new Random(7);
    try (ExecutorService intake = Executors.newSingleThreadExecutor();
        ExecutorService loop = Executors.newSingleThreadExecutor()) {
      for (int round = 0; round < ROUNDS; round++) {
        EventStream stream = new EventStream(ID, TOKENS);
        int pause = random.nextInt(300);
        Runnable rest =
            () -> {
              IntStream.range(1, TOKENS).forEach(i -> emit(stream, i, pause));
              stream.complete();
            };
        // The token that comes with a hand-off, then those of the engine loop.
        Runnable begin =
            () -> {
              intake.execute(() -> {
                emit(stream, 0, 0);
                loop.execute(rest);
              });
            };

        List<Integer> read = written(stream, begin).timeout(SILENCE).collectList().block();

        assertThat(read)
            .as("round %d", round)
            .isEqualTo(IntStream.range(0, TOKENS).boxed().toList());
      }
    }
  }

  /** As an HTTP server writes: each event a group of buffer and flush, asked for by its thread. */
  private static Flux<Integer> written(EventStream stream, Runnable begin) {
    return stream
        .read(Schedulers.parallel(), begin, () -> {})
        .map(event -> ((TokenEvent.Token) event).position())
        .concatMap(position -> Flux.concat(Mono.just(position), Mono.just(-1)), 32)
        .publishOn(Schedulers.single(), 4)
        .filter(position -> position >= 0);
  }

  @Test
  void knowsHowFarItsReaderIs() {
    EventStream stream = new EventStream(ID, TOKENS);
    stream.read(Schedulers.immediate(), () -> {}, () -> {}).subscribe(reader(2));
    IntStream.range(0, 5).forEach(i -> emit(stream, i, 0));

    assertThat(stream.progress()).isEqualTo(new EventStream.Progress(2, 5));
  }

  @Test
  void refusesWhatItHasNoRoomFor() {
    EventStream stream = new EventStream(ID, 1);
    stream.read(Schedulers.immediate(), () -> {}, () -> {}).subscribe(reader(0));

    assertThat(IntStream.range(0, 1_000).allMatch(i -> stream.next(token(i)))).isFalse();
  }

  private static BaseSubscriber<TokenEvent> reader(int demand) {
    return new BaseSubscriber<>() {
      @Override
      protected void hookOnSubscribe(Subscription subscription) {
        if (demand > 0) {
          request(demand);
        }
      }
    };
  }

  private static void emit(EventStream stream, int position, int pause) {
    assertThat(stream.next(token(position))).isTrue();
    for (int i = 0; i < pause; i++) {
      Thread.onSpinWait();
    }
  }

  private static TokenEvent token(int position) {
    return new TokenEvent.Token(position, new SampledToken(7, -0.5f, List.of()));
  }
}
