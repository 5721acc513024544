package dev.baton.registry.residency;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.dao.DataAccessException;
import org.springframework.kafka.listener.CommonErrorHandler;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.scheduling.annotation.EnableScheduling;
import org.springframework.util.backoff.ExponentialBackOff;
import org.springframework.util.backoff.FixedBackOff;

/** How the event stream behaves when something is wrong. */
@Configuration(proxyBeanMethods = false)
@EnableScheduling
class KvEventsConfiguration {
  /** While Redis is away a batch waits, and those behind it; any other failure skips one batch. */
  @Bean
  CommonErrorHandler kvEventErrors() {
    ExponentialBackOff patience = new ExponentialBackOff(100, 2);
    patience.setMaxInterval(5_000);
    FixedBackOff never = new FixedBackOff(0, 0);
    DefaultErrorHandler handler = new DefaultErrorHandler(never);
    handler.setBackOffFunction((record, failure) -> {
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof DataAccessException) {
          return patience;
        }
      }
      return never;
    });
    return handler;
  }
}
