package dev.baton.autoscaler;

import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Beans that more than one feature needs. */
@Configuration(proxyBeanMethods = false)
class AutoscalerConfiguration {
  @Bean
  Clock clock() {
    return Clock.systemUTC();
  }
}
