package dev.baton.router.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SampledToken;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.router.errors.ApiException;
import dev.baton.router.placement.Candidate;
import dev.baton.router.placement.PathDecision;
import dev.baton.router.support.Workers;
import dev.baton.router.tenancy.Tenant;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Journal, Admission, and the order of sources. */
class JournalTest {
  private static final Instant BEGIN = Instant.parse("2026-01-01T00:00:00Z");

  private static Journal journal(int maxTokens) {
    return new Journal(
        new RequestId("r"),
        new Tenant("t", "salt"),
        new GenerationSpec(
            "deal-analyst",
            TokenIds.of(1, 2, 3),
            SamplingParams.greedy(),
            new StopConditions(maxTokens, TokenIds.EMPTY),
            ServiceClass.INTERACTIVE,
            Optional.of("chat-7"),
            Duration.ofMinutes(1)),
        BEGIN);
  }

  private static TokenEvent.Token token(int position, int id) {
    return new TokenEvent.Token(position, new SampledToken(id, 0, List.of()));
  }

  @Test
  void tokensAreKeptInOrderBehindThePrompt() {
    Journal journal = journal(500);
    assertThat(journal.append(token(3, 30), BEGIN.plusMillis(5))).isTrue();
    for (int i = 1; i < 300; i++) {
      assertThat(journal.append(token(3 + i, i), BEGIN.plusMillis(5 + i))).isFalse();
    }
    assertThat(journal.tokens().size()).isEqualTo(303);
    assertThat(journal.tokens().get(3)).isEqualTo(30);
    assertThat(journal.tokens().get(302)).isEqualTo(299);
    assertThat(journal.timeToFirstToken()).contains(Duration.ofMillis(5));
  }

  @Test
  void aTokenOutOfOrderOrTooManyIsRefusedAndNotKept() {
    Journal journal = journal(1);
    for (int wrong : new int[] {0, 2, 4}) {
      assertThatThrownBy(() -> journal.append(token(wrong, 9), BEGIN))
          .isInstanceOfSatisfying(
              AttemptFailedException.class, e -> assertThat(e.retryable()).isTrue());
    }
    journal.append(token(3, 9), BEGIN);
    assertThat(journal.isFull()).isTrue();
    assertThatThrownBy(() -> journal.append(token(4, 9), BEGIN))
        .isInstanceOfSatisfying(
            AttemptFailedException.class, e -> assertThat(e.retryable()).isFalse());
    assertThat(journal.outputTokens()).isEqualTo(1);
  }

  @Test
  void twoTenantsNeverShareASession() {
    assertThat(journal(1).session()).contains("t chat-7");
  }

  @Test
  void onlyTheSameWeightsGoOnWithAnAnswer() {
    Journal journal = journal(10);
    journal.attemptOn(new WorkerId("w"), Workers.FINGERPRINT);
    assertThat(journal.fingerprint()).as("nothing sent yet").isEmpty();
    journal.append(token(3, 9), BEGIN);
    assertThat(journal.fingerprint()).contains(Workers.FINGERPRINT);
  }

  private static Admission admission(int requests, long tokens) {
    Duration second = Duration.ofSeconds(1);
    return new Admission(
        new GenerationProperties(second, requests, tokens, 1, second, second, second, second),
        new SimpleMeterRegistry());
  }

  @Test
  void admissionRefusesBeyondItsBoundsWithRetryAfter() {
    Admission admission = admission(2, 100);
    admission.enter(60);
    assertThatThrownBy(() -> admission.enter(41)).isInstanceOf(ApiException.class);
    admission.enter(40);
    assertThatThrownBy(() -> admission.enter(0))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.status().value()).isEqualTo(429);
              assertThat(e.retryAfter()).isPositive();
            });
  }

  @Test
  void onePromptBeyondTheTokenBoundRunsAlone() {
    Admission admission = admission(2, 100);
    var permit = admission.enter(1000);
    assertThatThrownBy(() -> admission.enter(1)).isInstanceOf(ApiException.class);
    permit.release();
    admission.enter(1);
  }

  @Test
  void leavingTwiceCountsOnce() {
    Admission admission = admission(2, 100);
    var permit = admission.enter(10);
    admission.enter(20);
    permit.release();
    permit.release();
    assertThat(admission.generations()).isEqualTo(1);
    assertThat(admission.promptTokens()).isEqualTo(20);
  }

  @Test
  void sourcesAreThoseWhoHoldMoreLongestFirstWithoutTheFailed() {
    Journal journal = journal(10);
    journal.fail(Workers.decode(5).ref());
    Candidate chosen = new Candidate(Workers.decode(1), 4);
    List<Candidate> holders =
        List.of(
            chosen,
            new Candidate(Workers.decode(2), 6),
            new Candidate(Workers.prefill(3), 9),
            new Candidate(Workers.decode(4), 0),
            new Candidate(Workers.decode(5), 20),
            new Candidate(Workers.decode(6), 7));

    PathDecision local = new PathDecision(GenerationPath.DECODE_LOCAL, "x", List.of());
    assertThat(Placer.sources(journal, chosen, local, holders))
        .extracting(source -> source.holder().lane().number())
        .containsExactly(3, 6, 2);
    PathDecision away = new PathDecision(GenerationPath.DISAGGREGATED, "x", List.of());
    assertThat(Placer.sources(journal, chosen, away, holders.subList(0, 2)))
        .extracting(source -> source.holder().lane().number())
        .as("to a prefill worker the chosen decode worker is a source too")
        .containsExactly(2, 1);
  }

  @Test
  void whatAClientIsToldDependsOnTheCodeAlone() {
    assertThat(
            new AttemptFailedException("DEADLINE_EXCEEDED", "x", false)
                .asAnswer(1)
                .status()
                .value())
        .isEqualTo(504);
    assertThat(new AttemptFailedException("too_long", "x", false).asAnswer(1).status().value())
        .isEqualTo(400);
    assertThat(new AttemptFailedException("other", "secret", false).asAnswer(1).status().value())
        .isEqualTo(502);
    ApiException exhausted =
        new AttemptFailedException("connection_lost", "secret", true).asAnswer(4);
    assertThat(exhausted.status().value()).isEqualTo(503);
    assertThat(exhausted.retryAfter()).isNotNull();
    assertThat(exhausted.message()).doesNotContain("secret");
  }
}
