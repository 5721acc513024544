package dev.baton.router.openai;

import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.router.gateway.ApiRequest;
import dev.baton.router.gateway.GenerationApi;
import dev.baton.router.gateway.GenerationWork;
import dev.baton.router.generation.GenerationSpec;
import dev.baton.router.http.RequestBodies;
import dev.baton.router.text.PromptLimits;
import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextModel;
import java.time.Clock;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.springframework.http.MediaType;

/** {@code POST /v1/chat/completions}, streamed or whole. Safe for many threads. */
final class ChatCompletionsApi implements GenerationApi {
  private final ServedModels models;
  private final Duration timeout;
  private final Clock clock;
  private final LongSupplier seeds;

  /**
   * @param seeds sampling seeds for requests that bring none
   */
  ChatCompletionsApi(ServedModels models, Duration timeout, Clock clock, LongSupplier seeds) {
    this.models = models;
    this.timeout = timeout;
    this.clock = clock;
    this.seeds = seeds;
  }

  @Override
  public GenerationWork parse(ApiRequest request) {
    RequestBodies.mediaType(request.headers(), MediaType.APPLICATION_JSON);
    ChatRequest chat = ChatRequest.read(RequestBodies.object(request.body()));
    TextModel model = models.get(chat.model());
    var sampling = chat.sampling(model.defaults(), seeds);
    TokenIds prompt = model.encodeChat(chat.messages(), "messages");
    int maxTokens =
        chat.maxTokens().orElseGet(() -> PromptLimits.remaining(model, "messages", prompt.size()));
    PromptLimits.requireFit(model, "messages", prompt.size(), maxTokens);
    GenerationSpec spec =
        new GenerationSpec(
            model.name(),
            prompt,
            sampling,
            new StopConditions(maxTokens, model.endTokens()),
            ServiceClass.INTERACTIVE,
            chat.session(),
            timeout);
    ChatFormat format =
        new ChatFormat(request.requestId().value(), clock.instant(), model, chat.logprobs());
    return new ChatWork(spec, model, chat, format);
  }
}
