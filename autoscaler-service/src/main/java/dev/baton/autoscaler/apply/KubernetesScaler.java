package dev.baton.autoscaler.apply;

import dev.baton.autoscaler.decide.Decision;
import dev.baton.autoscaler.decide.Tier;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets {@code spec.replicas} of one Deployment a tier. An API server that is away, a missing
 * Deployment or a missing permission is an outcome, not an exception: the next round tries again.
 */
final class KubernetesScaler implements Scaler {
  private static final Logger log = LoggerFactory.getLogger(KubernetesScaler.class);

  private final KubernetesClient client;
  private final KubernetesProperties properties;

  /** The last failure of a tier, so that one that lasts is logged once. */
  private final Map<Tier, String> failing = new EnumMap<>(Tier.class);

  private sealed interface Found {
    record Replicas(int count) implements Found {}

    record Problem(String reason) implements Found {}
  }

  KubernetesScaler(KubernetesClient client, KubernetesProperties properties) {
    this.client = client;
    this.properties = properties;
  }

  @Override
  public Mode mode() {
    return Mode.APPLY;
  }

  @Override
  public OptionalInt current(Tier tier, OptionalInt reporting) {
    return switch (find(tier)) {
      case Found.Replicas(int count) -> OptionalInt.of(count);
      case Found.Problem _ -> OptionalInt.empty();
    };
  }

  @Override
  public Outcome apply(Decision decision) {
    Tier tier = decision.tier();
    return switch (find(tier)) {
      case Found.Problem(String reason) -> failed(tier, reason);
      case Found.Replicas(int count) when count == decision.desired() -> {
        failing.remove(tier);
        yield new Outcome.Unchanged();
      }
      case Found.Replicas(int count) -> scale(decision, count);
    };
  }

  private Outcome scale(Decision decision, int from) {
    try {
      deployment(decision.tier()).scale(decision.desired());
    } catch (KubernetesClientException e) {
      return failed(decision.tier(), explain(e));
    }
    failing.remove(decision.tier());
    return new Outcome.Scaled(from, decision.desired());
  }

  private Found find(Tier tier) {
    try {
      Deployment deployment = deployment(tier).get();
      if (deployment == null) {
        return new Found.Problem("there is no Deployment " + properties.deployment(tier));
      }
      // An absent value means one replica.
      Integer replicas = deployment.getSpec().getReplicas();
      return new Found.Replicas(replicas == null ? 1 : replicas);
    } catch (KubernetesClientException e) {
      return new Found.Problem(explain(e));
    }
  }

  private RollableScalableResource<Deployment> deployment(Tier tier) {
    String namespace =
        properties.namespace().orElseGet(() -> namespaceOrDefault(client.getNamespace()));
    return client.apps().deployments().inNamespace(namespace).withName(properties.deployment(tier));
  }

  private static String namespaceOrDefault(@Nullable String namespace) {
    return Objects.requireNonNullElse(namespace, "default");
  }

  private Outcome failed(Tier tier, String reason) {
    if (!reason.equals(failing.put(tier, reason))) {
      log.warn("cannot scale {}: {}", properties.deployment(tier), reason);
    }
    return new Outcome.Failed(reason);
  }

  private static String explain(KubernetesClientException e) {
    String message = String.valueOf(e.getMessage());
    if (e.getCode() == 0 && e.getCause() != null) {
      message += " " + e.getCause();
    }
    return switch (e.getCode()) {
      case 401, 403 -> "not permitted: " + message;
      default -> message;
    };
  }
}
