package dev.baton.router.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.PrefixMatches;
import dev.baton.router.support.ScriptedRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.web.reactive.function.client.WebClient;

/** A registry that fails costs its answers, and not for longer than it fails. */
class RegistryClientTest {
  private static final BlockHashes PROMPT = BlockHashes.of(List.of(new BlockHash(1, 2)));

  private final CircuitBreakerRegistry breakers =
      CircuitBreakerRegistry.of(
          CircuitBreakerConfig.custom()
              .slidingWindowSize(10)
              .minimumNumberOfCalls(5)
              .permittedNumberOfCallsInHalfOpenState(2)
              .waitDurationInOpenState(Duration.ofMillis(200))
              .automaticTransitionFromOpenToHalfOpenEnabled(true)
              .build());

  private static @Nullable PrefixMatches ask(RegistryClient client) {
    return client.longestPrefix(PROMPT).block(Duration.ofSeconds(5));
  }

  @Test
  void isLeftAloneWhileItFailsAndAskedAgainAfterwards() {
    try (ScriptedRegistry registry = new ScriptedRegistry()) {
      registry.residency(Map.of(3, 1));
      RegistryClient client =
          new RegistryClient(
              WebClient.builder(),
              new RegistryProperties(
                  URI.create(registry.url()),
                  Duration.ofMillis(500),
                  Duration.ofSeconds(2),
                  Duration.ofSeconds(60)),
              breakers);
      CircuitBreaker breaker = breakers.circuitBreaker("registry");
      assertThat(ask(client)).isNotNull();

      registry.silent(true);
      for (int i = 0; i < 9; i++) {
        assertThat(ask(client)).isNull();
      }
      assertThat(breaker.getMetrics().getNumberOfNotPermittedCalls()).isPositive();

      registry.silent(false);
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> ask(client) != null && breaker.getState() == CircuitBreaker.State.CLOSED);
      PrefixMatches matches = ask(client);
      assertThat(matches).isNotNull();
      assertThat(matches.blocks()).isEqualTo(Map.of(3, 1));
    }
  }
}
