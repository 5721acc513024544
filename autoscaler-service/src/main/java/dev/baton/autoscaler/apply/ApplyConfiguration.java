package dev.baton.autoscaler.apply;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Chooses who carries decisions out. */
@Configuration(proxyBeanMethods = false)
class ApplyConfiguration {
  static final String ENABLED = "baton.autoscaler.kubernetes.enabled";

  @Bean
  @ConditionalOnBooleanProperty(name = ENABLED, havingValue = false, matchIfMissing = true)
  Scaler recommendOnly() {
    return new RecommendOnly();
  }

  /** Addressed by the pod's service account or the kubeconfig. */
  @Bean
  @ConditionalOnBooleanProperty(ENABLED)
  KubernetesClient kubernetesClient(KubernetesProperties properties) {
    Config config = bounded(new ConfigBuilder(), properties);
    return new KubernetesClientBuilder().withConfig(config).build();
  }

  @Bean
  @ConditionalOnBooleanProperty(ENABLED)
  Scaler kubernetesScaler(KubernetesClient client, KubernetesProperties properties) {
    return new KubernetesScaler(client, properties);
  }

  /** A call has one deadline and no second try: the next round is the second try. */
  static Config bounded(ConfigBuilder config, KubernetesProperties properties) {
    int timeout = Math.toIntExact(properties.timeout().toMillis());
    return config
        .withRequestTimeout(timeout)
        .withConnectionTimeout(timeout)
        .withRequestRetryBackoffLimit(0)
        .build();
  }
}
