package dev.baton.router;

import static dev.baton.router.support.RunningRouter.chat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.baton.contracts.GenerationPath;
import dev.baton.router.cluster.Cluster;
import dev.baton.router.support.RunningRouter;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.ConfigurableApplicationContext;

/** What a router needs to start, and what it does without. */
class StartIT {
  private static final String NOBODY = "127.0.0.1:1";

  private static String[] without(String... more) {
    String[] all = Arrays.copyOf(more, more.length + 1);
    all[more.length] = "--spring.kafka.admin.auto-create=false";
    return all;
  }

  @Test
  void withoutKafkaTheDecodeWorkersComputePromptsThemselves() {
    RunningRouter router = RunningRouter.shared();
    router.first.answers("Fine.");
    router.second.answers("Fine.");
    try (ConfigurableApplicationContext context =
        RunningRouter.start(
            router.registry.url(),
            NOBODY,
            without(
                "--baton.router.generation.queue-timeout=300ms",
                "--spring.kafka.producer.properties[max.block.ms]=500",
                "--spring.kafka.producer.properties[request.timeout.ms]=500",
                "--spring.kafka.producer.properties[delivery.timeout.ms]=1000"))) {
      Cluster cluster = context.getBean(Cluster.class);
      await().atMost(Duration.ofSeconds(20)).until(() -> cluster.workers().size() == 3);
      URI uri =
          URI.create(
              "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));

      HttpResponse<String> response =
          router.send(
              router
                  .post("/v1/chat/completions", chat("A long prompt. ".repeat(60), Map.of()))
                  .uri(uri.resolve("/v1/chat/completions")));

      assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      var requests = new java.util.ArrayList<>(router.first.requests());
      requests.addAll(router.second.requests());
      assertThat(requests)
          .extracting(request -> request.path())
          .containsExactlyInAnyOrder(GenerationPath.DISAGGREGATED, GenerationPath.DECODE_LOCAL);
    }
  }

  @Test
  void aModelDirectoryWithoutFilesFailsTheStartByName(@TempDir Path empty) {
    assertThatThrownBy(() ->
            RunningRouter.start(
                "http://" + NOBODY, NOBODY, without("--baton.router.models[0].directory=" + empty)))
        .hasStackTraceContaining(empty.toString())
        .hasStackTraceContaining("no such file");
  }

  @Test
  void anUnknownScorerFailsTheStartByName() {
    assertThatThrownBy(() ->
            RunningRouter.start(
                "http://" + NOBODY,
                NOBODY,
                without(
                    "--baton.router.placement.profile=mine",
                    "--baton.router.placement.profiles.mine.scorers.luck=1")))
        .hasStackTraceContaining("there is no scorer named luck");
  }
}
