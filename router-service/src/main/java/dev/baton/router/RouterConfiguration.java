package dev.baton.router;

import dev.baton.contracts.Topics;
import dev.baton.router.placement.Placement;
import dev.baton.router.placement.PlacementProperties;
import dev.baton.router.placement.PredictionCheck;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.apache.kafka.clients.admin.NewTopic;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.kafka.config.TopicBuilder;
import org.springframework.kafka.core.KafkaAdmin;

/** Beans that more than one feature needs, and the topics that the router creates where missing. */
@Configuration(proxyBeanMethods = false)
class RouterConfiguration {
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  @Bean
  Placement placement(PlacementProperties properties, MeterRegistry meters) {
    return new Placement(properties, meters);
  }

  @Bean
  PredictionCheck predictionCheck(MeterRegistry meters) {
    return new PredictionCheck(meters);
  }

  @Bean
  KafkaAdmin.NewTopics topics() {
    return new KafkaAdmin.NewTopics(
        Topics.partitions().entrySet().stream()
            .map(topic -> TopicBuilder.name(topic.getKey()).partitions(topic.getValue()).build())
            .toArray(NewTopic[]::new));
  }
}
