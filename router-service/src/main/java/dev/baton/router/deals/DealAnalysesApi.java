package dev.baton.router.deals;

import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.ServiceClass;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenIds;
import dev.baton.router.gateway.ApiRequest;
import dev.baton.router.gateway.GenerationApi;
import dev.baton.router.gateway.GenerationWork;
import dev.baton.router.generation.GenerationSpec;
import dev.baton.router.text.ChatMessage;
import dev.baton.router.text.PromptLimits;
import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextModel;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** {@code POST /v1/deals/analyses}: a memo in, a checked analysis out. Safe for many threads. */
final class DealAnalysesApi implements GenerationApi {
  static final String INSTRUCTION = "Analyse the deal memo and answer with deal-analysis/v1 JSON.";
  static final int MAX_TOKENS = 512;

  private final ServedModels models;
  private final Duration timeout;

  DealAnalysesApi(ServedModels models, Duration timeout) {
    this.models = models;
    this.timeout = timeout;
  }

  @Override
  public GenerationWork parse(ApiRequest request) {
    DealRequest deal = DealRequest.read(request.headers(), request.body());
    TextModel model = deal.model() == null ? models.first() : models.get(deal.model());
    TokenIds prompt = prompt(model, deal.memo());
    PromptLimits.requireFit(model, "memo", prompt.size(), MAX_TOKENS);
    GenerationSpec spec =
        new GenerationSpec(
            model.name(),
            prompt,
            SamplingParams.greedy(),
            new StopConditions(MAX_TOKENS, model.endTokens()),
            ServiceClass.INTERACTIVE,
            Optional.empty(),
            timeout);
    return new DealWork(spec, model, request.requestId(), deal);
  }

  /** The memo as the model was trained to read it. */
  static TokenIds prompt(TextModel model, String memo) {
    return model.encodeChat(
        List.of(new ChatMessage("system", INSTRUCTION), new ChatMessage("user", memo)), "memo");
  }
}
