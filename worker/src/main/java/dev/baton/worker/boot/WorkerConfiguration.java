package dev.baton.worker.boot;

import dev.baton.contracts.WorkerRegistration;
import dev.baton.engine.Engine;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.worker.exchange.TransferRates;
import dev.baton.worker.membership.HttpRegistry;
import dev.baton.worker.membership.Membership;
import dev.baton.worker.membership.MembershipListener;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.runtime.FaultInjector;
import dev.baton.worker.runtime.PeerWatch;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import dev.baton.worker.web.FaultController;
import dev.baton.worker.web.WorkerController;
import dev.baton.worker.web.WorkerErrors;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.kafka.core.KafkaTemplate;

/**
 * Everything that both tiers share; each application imports it and adds its {@link WorkSource}.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({WorkerProperties.class, RegistryProperties.class})
@Import({
  WorkerController.class,
  WorkerErrors.class,
  WorkerHealth.class,
  WorkerMetrics.class,
  WorkerLifecycle.class
})
public class WorkerConfiguration {
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }

  /** Closed by the runtime, which must have stopped before. */
  @Bean(destroyMethod = "")
  Engine engine(WorkerProperties worker) {
    return NativeEngine.open(
        new EngineConfig(
            worker.modelDirectory(),
            worker.backend(),
            worker.computeThreads(),
            worker.kvBlocks(),
            worker.kvPoolFile(),
            worker.maxTokensPerStep(),
            worker.maxSequences(),
            worker.device(),
            worker.weightDtype(),
            worker.kvDtype()));
  }

  @Bean
  KafkaEvents kafkaEvents(KafkaTemplate<String, byte[]> kafka, MeterRegistry meters) {
    return new KafkaEvents(kafka, meters);
  }

  @Bean
  ResidencyPublisher residencyPublisher(KafkaEvents events) {
    return new ResidencyPublisher(events::publish);
  }

  @Bean
  FaultInjector faultInjector() {
    return new FaultInjector();
  }

  @Bean
  @ConditionalOnProperty("baton.worker.fault.enabled")
  FaultController faultController(FaultInjector faults) {
    return new FaultController(faults);
  }

  @Bean
  TransferRates transferRates() {
    return new TransferRates();
  }

  @Bean
  WorkerRuntime workerRuntime(
      WorkerProperties worker,
      Engine engine,
      ResidencyPublisher residency,
      FaultInjector faults,
      MeterRegistry meters,
      TransferRates rates,
      Clock clock)
      throws IOException {
    return WorkerRuntime.start(
        new WorkerRuntime.Settings(
            worker.workerId(),
            worker.role(),
            worker.host(),
            worker.kvPort(),
            worker.maxTokensPerStep(),
            worker.maxSequences(),
            worker.leaseTtl()),
        worker.cacheSettings(),
        engine,
        residency,
        faults,
        rates,
        new TransferMeters(meters, rates),
        clock);
  }

  @Bean
  HttpRegistry httpRegistry(RegistryProperties registry) {
    return new HttpRegistry(registry.url(), registry.timeout());
  }

  /** Started and closed by {@link WorkerLifecycle}. */
  @Bean(destroyMethod = "")
  Membership membership(
      HttpRegistry registry,
      WorkerProperties worker,
      WorkerRuntime runtime,
      ResidencyPublisher residency,
      HttpAddress address,
      WorkSource source,
      List<MembershipListener> listeners) {
    return new Membership(
        registry,
        previous ->
            new WorkerRegistration(
                WorkerRegistration.VERSION,
                runtime.id(),
                worker.role(),
                worker.modelName(),
                runtime.engine().model().fingerprint(),
                runtime.engine().kvLayout(),
                address.uri(),
                runtime.endpoint(),
                worker.kvBlocks(),
                runtime.engine().model().maxPositions(),
                previous),
        () -> runtime.load(source.waiting()),
        residency::sequence,
        Listeners.of(runtime, listeners));
  }

  /** Started and closed by {@link WorkerLifecycle}. */
  @Bean(destroyMethod = "")
  PeerWatch peerWatch(HttpRegistry registry, WorkerRuntime runtime) {
    return new PeerWatch(
        registry,
        runtime.id(),
        runtime.engine().model().fingerprint(),
        runtime.engine().kvLayout(),
        runtime.plane());
  }

  @Bean
  HttpAddress httpAddress(WorkerProperties worker) {
    return new HttpAddress(worker.host());
  }
}
