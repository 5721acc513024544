package dev.baton.autoscaler.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.autoscaler.decide.Decision;
import dev.baton.autoscaler.decide.Tier;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class KubernetesScalerTest {
  private static final KubernetesProperties PROPERTIES =
      new KubernetesProperties(
          true, Optional.of("ai"), "baton-prefill", "baton-decode", Duration.ofSeconds(2));

  private static Decision decision(Tier tier, int desired) {
    return new Decision(tier, desired, List.of("test"));
  }

  @Nested
  @EnableKubernetesMockClient(crud = true)
  class WithDeployments {
    KubernetesMockServer server;
    KubernetesClient client;
    KubernetesScaler scaler;

    @BeforeEach
    void deployments() {
      for (String name : List.of("baton-prefill", "baton-decode", "somebody-elses")) {
        client
            .resource(
                new DeploymentBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .withNamespace("ai")
                    .endMetadata()
                    .withNewSpec()
                    .withReplicas(2)
                    .withNewTemplate()
                    .withNewSpec()
                    .addNewContainer()
                    .withName("worker")
                    .withImage("baton/worker:1")
                    .endContainer()
                    .endSpec()
                    .endTemplate()
                    .endSpec()
                    .build())
            .create();
      }
      scaler = new KubernetesScaler(client, PROPERTIES);
    }

    private Deployment deployment(String name) {
      return client.apps().deployments().inNamespace("ai").withName(name).get();
    }

    @Test
    void setsTheReplicasOfTheTiersDeploymentAndNothingElse() {
      assertThat(scaler.apply(decision(Tier.PREFILL, 5)))
          .isEqualTo(new Scaler.Outcome.Scaled(2, 5));
      Deployment scaled = deployment("baton-prefill");
      assertThat(scaled.getSpec().getReplicas()).isEqualTo(5);
      assertThat(scaled.getSpec().getTemplate().getSpec().getContainers().getFirst().getImage())
          .isEqualTo("baton/worker:1");
      assertThat(deployment("baton-decode").getSpec().getReplicas()).isEqualTo(2);
      assertThat(deployment("somebody-elses").getSpec().getReplicas()).isEqualTo(2);
    }

    @Test
    void scalesDownToo() {
      assertThat(scaler.apply(decision(Tier.DECODE, 0))).isEqualTo(new Scaler.Outcome.Scaled(2, 0));
      assertThat(scaler.current(Tier.DECODE, OptionalInt.of(7))).hasValue(0);
    }

    @Test
    void leavesARightSizeAlone() {
      int before = server.getRequestCount();
      assertThat(scaler.apply(decision(Tier.DECODE, 2))).isEqualTo(new Scaler.Outcome.Unchanged());
      assertThat(server.getRequestCount() - before).isEqualTo(1);
    }

    @Test
    void theDeploymentsSizeCountsNotTheWorkersThatReport() {
      assertThat(scaler.current(Tier.PREFILL, OptionalInt.of(0))).hasValue(2);
    }

    @Test
    void aMissingDeploymentIsAFailureThatNamesIt() {
      client.apps().deployments().inNamespace("ai").withName("baton-decode").delete();
      assertThat(scaler.current(Tier.DECODE, OptionalInt.of(1))).isEmpty();
      assertThat(scaler.apply(decision(Tier.DECODE, 3)))
          .isEqualTo(new Scaler.Outcome.Failed("there is no Deployment baton-decode"));
    }

    @Test
    void anApiServerThatIsAwayIsAFailureAndNoException() {
      Config bounded =
          ApplyConfiguration.bounded(new ConfigBuilder(client.getConfiguration()), PROPERTIES);
      server.shutdown();
      try (KubernetesClient away = new KubernetesClientBuilder().withConfig(bounded).build()) {
        scaler = new KubernetesScaler(away, PROPERTIES);
        assertThat(scaler.current(Tier.DECODE, OptionalInt.of(1))).isEmpty();
        assertThat(scaler.apply(decision(Tier.DECODE, 3)))
            .isInstanceOf(Scaler.Outcome.Failed.class);
      }
    }
  }

  @Nested
  @EnableKubernetesMockClient
  class WithoutPermission {
    KubernetesMockServer server;
    KubernetesClient client;

    @Test
    void aMissingPermissionIsAFailureThatSaysSo() {
      server
          .expect()
          .get()
          .withPath("/apis/apps/v1/namespaces/ai/deployments/baton-prefill")
          .andReturn(403, "{\"kind\":\"Status\",\"code\":403,\"message\":\"forbidden\"}")
          .always();
      KubernetesScaler scaler = new KubernetesScaler(client, PROPERTIES);
      assertThat(scaler.current(Tier.PREFILL, OptionalInt.of(1))).isEmpty();
      assertThat(scaler.apply(decision(Tier.PREFILL, 3)))
          .isInstanceOfSatisfying(
              Scaler.Outcome.Failed.class,
              failed -> assertThat(failed.reason()).startsWith("not permitted"));
    }
  }
}
