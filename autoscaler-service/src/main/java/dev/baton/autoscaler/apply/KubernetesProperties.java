package dev.baton.autoscaler.apply;

import dev.baton.autoscaler.decide.Tier;
import java.time.Duration;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which Deployments the autoscaler sizes.
 *
 * @param enabled whether it scales at all; otherwise it only recommends
 * @param namespace of the Deployments; that of the pod or the kubeconfig by default
 * @param prefillDeployment name of the prefill tier's Deployment
 * @param decodeDeployment name of the decode tier's Deployment
 * @param timeout deadline of each call to the API server
 */
@ConfigurationProperties("baton.autoscaler.kubernetes")
public record KubernetesProperties(
    @DefaultValue("false") boolean enabled,
    Optional<String> namespace,
    @DefaultValue("baton-prefill") String prefillDeployment,
    @DefaultValue("baton-decode") String decodeDeployment,
    @DefaultValue("5s") Duration timeout) {
  public KubernetesProperties {
    namespace = namespace.filter(name -> !name.isBlank());
    named("prefill-deployment", prefillDeployment);
    named("decode-deployment", decodeDeployment);
    if (!timeout.isPositive()) {
      throw new IllegalArgumentException(
          "baton.autoscaler.kubernetes.timeout must be positive: " + timeout);
    }
  }

  private static void named(String property, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "baton.autoscaler.kubernetes." + property + " must not be blank");
    }
  }

  String deployment(Tier tier) {
    return switch (tier) {
      case PREFILL -> prefillDeployment;
      case DECODE -> decodeDeployment;
    };
  }
}
