package dev.baton.autoscaler.observe;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Wires the sources. */
@Configuration(proxyBeanMethods = false)
class ObserveConfiguration {
  @Bean
  PrefillQueue prefillQueue(KafkaProperties kafka, ObserveProperties properties) {
    Map<String, Object> connection = new HashMap<>(kafka.buildAdminProperties());
    return new PrefillQueue(connection, properties.timeout());
  }

  @Bean
  RegistryDirectory registryDirectory(RegistryProperties registry, ObserveProperties properties) {
    return new RegistryDirectory(registry.url(), properties.timeout());
  }

  @Bean
  Observer observer(
      PrefillQueue queue, RegistryDirectory directory, ObserveProperties properties, Clock clock) {
    return new Observer(queue, directory, properties, clock);
  }
}
