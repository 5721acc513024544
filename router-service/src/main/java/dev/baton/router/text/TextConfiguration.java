package dev.baton.router.text;

import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TextProperties.class)
class TextConfiguration {
  @Bean
  ServedModels servedModels(TextProperties properties) {
    return new ServedModels(
        properties.models().stream()
            .map(model -> TextModel.load(model.name(), model.directory()))
            .toList());
  }
}
