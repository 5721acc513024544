package dev.baton.router.deals;

import dev.baton.router.gateway.GenerationApi;
import dev.baton.router.generation.GenerationProperties;
import dev.baton.router.text.ServedModels;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DealsConfiguration {
  @Bean("deal-analyses")
  GenerationApi dealAnalyses(ServedModels models, GenerationProperties properties) {
    return new DealAnalysesApi(models, properties.timeout());
  }
}
