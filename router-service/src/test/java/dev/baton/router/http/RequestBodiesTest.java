package dev.baton.router.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.router.errors.ApiException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import reactor.core.publisher.Flux;

class RequestBodiesTest {
  private final HeldBytes held = new HeldBytes(1000);

  private byte[] read(Flux<DataBuffer> body, int limit, HeldBytes.Share share) {
    return RequestBodies.read(
            MockServerHttpRequest.post("/").body(body), limit, Duration.ofMillis(100), share)
        .block();
  }

  private static Flux<DataBuffer> parts(String... parts) {
    return Flux.fromArray(parts)
        .map(part ->
            DefaultDataBufferFactory.sharedInstance.wrap(part.getBytes(StandardCharsets.UTF_8)));
  }

  private static void assertStatus(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            ApiException.class, e -> assertThat(e.status().value()).isEqualTo(status));
  }

  @Test
  void aBodyIsReadWholeAndCountedUntilItsShareIsClosed() {
    HeldBytes.Share share = held.share();
    assertThat(read(parts("ab", "c"), 3, share)).isEqualTo("abc".getBytes(StandardCharsets.UTF_8));
    assertThat(held.held()).isEqualTo(3);
    share.close();
    share.close();
    assertThat(held.held()).isZero();
  }

  @Test
  void boundsOfSizeTimeAndMemoryHaveTheirOwnStatus() {
    assertStatus(413, () -> read(parts("ab", "cd"), 3, held.share()));
    assertStatus(408, () -> read(parts("ab").concatWith(Flux.never()), 3, held.share()));
    assertStatus(503, () -> read(parts("x".repeat(600), "x".repeat(600)), 5000, held.share()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "5", "null", "{\"a\":}", "{} {}", "\"x\""})
  void anythingButOneJsonObjectIsA400(String body) {
    assertStatus(400, () -> RequestBodies.object(body.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void bytesThatAreNoUtf8AreA400() {
    assertStatus(400, () -> RequestBodies.utf8(new byte[] {'a', (byte) 0xff}));
    assertStatus(400, () -> RequestBodies.utf8(new byte[] {(byte) 0xc0, (byte) 0x80}));
  }

  @Test
  void absurdDepthIsA400() {
    String deep = "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}";
    assertStatus(400, () -> RequestBodies.object(deep.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void mediaTypesAreChecked() {
    HttpHeaders headers = new HttpHeaders();
    assertThat(RequestBodies.mediaType(headers, MediaType.APPLICATION_JSON))
        .isEqualTo(MediaType.APPLICATION_JSON);
    headers.set("Content-Type", "application/xml");
    assertStatus(415, () -> RequestBodies.mediaType(headers, MediaType.APPLICATION_JSON));
    headers.set("Content-Type", "no/t/a type");
    assertStatus(415, () -> RequestBodies.mediaType(headers, MediaType.APPLICATION_JSON));
  }

  @Test
  void requestNamesAreUniqueWhateverClientsSend() {
    assertThat(RequestIdFilter.name("deal-7")).isNotEqualTo(RequestIdFilter.name("deal-7"));
    assertThat(RequestIdFilter.name("deal-7").value()).startsWith("deal-7-");
    assertThat(RequestIdFilter.name("a\nb").value()).startsWith("req-");
    assertThat(RequestIdFilter.name("x".repeat(101)).value()).startsWith("req-");
    assertThat(RequestIdFilter.name(null).value()).startsWith("req-");
  }
}
