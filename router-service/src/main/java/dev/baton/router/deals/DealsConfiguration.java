package dev.baton.router.deals;

import dev.baton.router.generation.GenerationApi;
import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class DealsConfiguration {
  @Bean("deal-analyses")
  GenerationApi dealAnalyses(ServedModels models, TextProperties properties) {
    return new DealAnalysesApi(models, properties.generationTimeout());
  }
}
