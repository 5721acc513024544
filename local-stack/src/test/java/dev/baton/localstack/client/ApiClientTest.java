package dev.baton.localstack.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ApiClientTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  @Test
  void handsOverTheTextAsItComesAndReturnsTheAnalysis() throws Exception {
    String stream =
        """
        event: delta
        data: {"text": "{\\"company\\":"}

        event: delta
        data: {"text": " \\"Acme\\"}"}

        event: analysis
        data: {"id": "a-1", "analysis": {"company": "Acme"}, "timings": {"ttft": 12.5}}

        """;
    try (StubRouter router = StubRouter.answering(200, stream)) {
      StringBuilder text = new StringBuilder();

      Analysis analysis = new ApiClient(router.uri()).analyse("memo", text::append, DEADLINE);

      assertThat(text).hasToString("{\"company\": \"Acme\"}");
      assertThat(analysis.fields().path("company").asString()).isEqualTo("Acme");
      assertThat(analysis.timing("ttft")).hasValue(12.5);
      assertThat(analysis.timing("queue")).isEmpty();
    }
  }

  @Test
  void reportsAnErrorStatusWithThePartsOfTheErrorObject() throws Exception {
    String body =
        """
        {"error": {"message": "memo is empty", "type": "invalid_request_error", "param": "memo", "code": "empty_memo"}}\
        """;
    try (StubRouter router = StubRouter.answering(400, body)) {
      ApiException error =
          catchThrowableOfType(
              ApiException.class,
              () -> new ApiClient(router.uri()).analyse("", text -> {}, DEADLINE));

      assertThat(error).hasMessage("memo is empty");
      assertThat(error.status()).isEqualTo(400);
      assertThat(error.type()).isEqualTo("invalid_request_error");
      assertThat(error.code()).isEqualTo("empty_memo");
    }
  }

  @Test
  void reportsAnErrorThatComesWithinTheStream() throws Exception {
    String stream =
        """
        event: error
        data: {"error": {"message": "no worker", "type": "server_error", "param": null, "code": "unavailable"}}

        """;
    try (StubRouter router = StubRouter.answering(200, stream)) {
      assertThatThrownBy(() -> new ApiClient(router.uri()).analyse("m", text -> {}, DEADLINE))
          .isInstanceOf(ApiException.class)
          .hasMessage("no worker");
    }
  }

  @Test
  void aStreamThatEndsWithoutAnAnalysisIsAnError() throws Exception {
    try (StubRouter router =
        StubRouter.answering(200, "event: delta\ndata: {\"text\": \"x\"}\n\n")) {
      assertThatThrownBy(() -> new ApiClient(router.uri()).analyse("m", text -> {}, DEADLINE))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("ended before the analysis");
    }
  }

  @Test
  void aStreamThatHangsEndsAtTheDeadline() throws Exception {
    try (StubRouter router = StubRouter.hangingAfter("event: delta\ndata: {\"text\": \"x\"}\n\n")) {
      assertThatThrownBy(
              () -> new ApiClient(router.uri()).analyse("m", text -> {}, Duration.ofMillis(500)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("no answer within");
    }
  }
}
