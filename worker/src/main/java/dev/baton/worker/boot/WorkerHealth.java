package dev.baton.worker.boot;

import dev.baton.contracts.WorkerState;
import dev.baton.worker.membership.Membership;
import dev.baton.worker.runtime.WorkSource;
import dev.baton.worker.runtime.WorkerRuntime;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** {@code engine} belongs to liveness and readiness, {@code worker} to readiness. */
@Configuration(proxyBeanMethods = false)
class WorkerHealth {
  /** Down for ever once the engine has failed: the process must be replaced. */
  @Bean
  HealthIndicator engineHealthIndicator(WorkerRuntime runtime) {
    return () ->
        runtime.loop().healthy()
            ? Health.up().build()
            : Health.down().withDetail("reason", "the engine has failed").build();
  }

  /** Up while work that is sent here would be done. */
  @Bean
  HealthIndicator workerHealthIndicator(Membership membership, WorkSource source) {
    return () -> {
      if (membership.state() == WorkerState.DRAINING) {
        return Health.outOfService().withDetail("reason", "draining").build();
      }
      if (membership.lane().isEmpty()) {
        return Health.down().withDetail("reason", "no lane from the registry yet").build();
      }
      if (!source.connected()) {
        return Health.down().withDetail("reason", "not connected to Kafka yet").build();
      }
      return Health.up()
          .withDetail("lane", membership.lane().get().lane().number())
          .withDetail("epoch", membership.lane().get().epoch().value())
          .build();
    };
  }
}
