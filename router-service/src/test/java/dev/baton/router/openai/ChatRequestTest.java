package dev.baton.router.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.SamplingParams;
import dev.baton.router.errors.ApiException;
import dev.baton.router.text.GenerationDefaults;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class ChatRequestTest {
  private static final GenerationDefaults DEFAULTS =
      new GenerationDefaults(0.7, 0.9, 40, 0.05, 1.1);

  private static ChatRequest read(String more) {
    return ChatRequest.read(
        JsonMapper.shared()
            .readTree(
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]"
                    + more
                    + "}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"max_tokens\":0              | max_tokens",
        "\"max_tokens\":-1             | max_tokens",
        "\"max_tokens\":1.5            | max_tokens",
        "\"max_tokens\":\"9\"          | max_tokens",
        "\"max_tokens\":99999999999    | max_tokens",
        "\"max_completion_tokens\":0   | max_completion_tokens",
        "\"temperature\":2.1           | temperature",
        "\"temperature\":-0.1          | temperature",
        "\"temperature\":\"hot\"       | temperature",
        "\"top_p\":1.1                 | top_p",
        "\"top_k\":-2                  | top_k",
        "\"min_p\":2                   | min_p",
        "\"repetition_penalty\":0      | repetition_penalty",
        "\"presence_penalty\":3        | presence_penalty",
        "\"frequency_penalty\":-3      | frequency_penalty",
        "\"seed\":1.5                  | seed",
        "\"stream\":\"true\"           | stream",
        "\"stop\":\"\"                 | stop",
        "\"stop\":5                    | stop",
        "\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"] | stop",
        "\"n\":2                       | n",
        "\"tools\":[{}]                | tools",
        "\"tool_choice\":\"required\"  | tool_choice",
        "\"logit_bias\":{\"1\":2}      | logit_bias",
        "\"response_format\":{\"type\":\"json_object\"} | response_format",
        "\"top_logprobs\":5            | top_logprobs",
        "\"logprobs\":true,\"top_logprobs\":21 | top_logprobs",
        "\"stream_options\":{\"include_usage\":true} | stream_options",
        "\"stream\":true,\"stream_options\":5 | stream_options",
        "\"messages\":[]               | messages",
        "\"messages\":\"x\"            | messages",
        "\"messages\":[5]              | messages[0]",
        "\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}] | messages[0].role",
        "\"messages\":[{\"role\":\"user\"}] | messages[0].content",
        "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}] | messages[0].content",
        "\"model\":5                   | model",
        "\"model\":null                | model"
      })
  void aBadFieldIsA400ThatNamesIt(String field, String param) {
    assertThatThrownBy(() -> read("," + field).sampling(DEFAULTS, () -> 1))
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.status().value()).isEqualTo(400);
              assertThat(e.param()).isEqualTo(param);
            });
  }

  @Test
  void withoutFieldsTheModelsDefaultsCount() {
    SamplingParams params = read("").sampling(DEFAULTS, () -> 42);
    assertThat(params).isEqualTo(new SamplingParams(0.7f, 40, 0.9f, 0.05f, 1.1f, 0, 0, 42, 0));
    assertThat(read("").maxTokens()).isEmpty();
  }

  @Test
  void everyValueAtTheEdgeOfItsRangeIsTaken() {
    SamplingParams low =
        read(",\"temperature\":0,\"top_p\":0,\"top_k\":-1,\"min_p\":0,\"repetition_penalty\":0.1,\"presence_penalty\":-2,\"frequency_penalty\":-2,\"seed\":-9223372036854775808")
            .sampling(DEFAULTS, () -> 1);
    assertThat(low.topK()).isZero();
    assertThat(low.topP()).isPositive();
    SamplingParams high =
        read(",\"temperature\":2,\"top_p\":1,\"min_p\":1,\"repetition_penalty\":10,\"presence_penalty\":2,\"frequency_penalty\":2,\"logprobs\":true,\"top_logprobs\":20")
            .sampling(DEFAULTS, () -> 1);
    assertThat(high.topLogprobs()).isEqualTo(20);
  }

  @Test
  void theNewerNameOfMaxTokensWinsAndPartsAreJoined() {
    assertThat(read(",\"max_tokens\":5,\"max_completion_tokens\":7").maxTokens()).hasValue(7);
    ChatRequest parts =
        read(
            ",\"messages\":[{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}]");
    assertThat(parts.messages().getFirst().role()).isEqualTo("system");
    assertThat(parts.messages().getFirst().content()).isEqualTo("ab");
  }
}
