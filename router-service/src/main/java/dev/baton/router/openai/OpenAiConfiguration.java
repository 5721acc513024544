package dev.baton.router.openai;

import dev.baton.router.generation.GenerationApi;
import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextProperties;
import java.security.SecureRandom;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration(proxyBeanMethods = false)
class OpenAiConfiguration {
  @Bean("chat-completions")
  GenerationApi chatCompletions(ServedModels models, TextProperties properties) {
    SecureRandom random = new SecureRandom();
    return new ChatCompletionsApi(
        models, properties.generationTimeout(), Clock.systemUTC(), random::nextLong);
  }
}
