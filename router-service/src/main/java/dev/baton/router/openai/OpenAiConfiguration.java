package dev.baton.router.openai;

import dev.baton.router.gateway.GenerationApi;
import dev.baton.router.generation.GenerationProperties;
import dev.baton.router.text.ServedModels;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenAiConfiguration {
  @Bean("chat-completions")
  GenerationApi chatCompletions(ServedModels models, GenerationProperties properties) {
    SecureRandom random = new SecureRandom();
    return new ChatCompletionsApi(
        models, properties.timeout(), Clock.systemUTC(), random::nextLong);
  }
}
