package dev.baton.decode;

import dev.baton.decode.generation.DecodeProperties;
import dev.baton.decode.generation.GenerationController;
import dev.baton.decode.generation.Generations;
import dev.baton.worker.boot.WorkerConfiguration;
import dev.baton.worker.runtime.WorkerRuntime;
import java.time.Clock;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Puts the decode tier's worker together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DecodeProperties.class)
@Import({WorkerConfiguration.class, GenerationController.class})
class DecodeConfiguration {
  @Bean
  Generations generations(
      WorkerRuntime worker, KafkaProperties kafka, DecodeProperties decode, Clock clock) {
    return new Generations(worker, kafka.buildAdminProperties(), decode, clock);
  }
}
