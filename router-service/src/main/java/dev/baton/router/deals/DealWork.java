package dev.baton.router.deals;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.RequestId;
import dev.baton.router.answer.TextEvent;
import dev.baton.router.answer.TextStream;
import dev.baton.router.answer.Usage;
import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorBody;
import dev.baton.router.errors.ErrorTypes;
import dev.baton.router.gateway.GenerationWork;
import dev.baton.router.generation.Generation;
import dev.baton.router.generation.GenerationSpec;
import dev.baton.router.http.SseFrames;
import dev.baton.router.text.TextModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import reactor.core.publisher.Flux;

/** One analysis on its way. */
record DealWork(GenerationSpec spec, TextModel model, RequestId requestId, DealRequest request)
    implements GenerationWork {

  @Override
  public boolean streaming() {
    return request.stream();
  }

  @Override
  public MediaType contentType() {
    return streaming() ? MediaType.TEXT_EVENT_STREAM : MediaType.APPLICATION_JSON;
  }

  @Override
  public Flux<byte[]> render(Generation generation) {
    return Flux.defer(() -> {
      var answer = new StringBuilder();
      var started = new AtomicBoolean();
      return TextStream.of(model, List.of(), generation)
          .concatMapIterable(event -> chunks(event, answer, started))
          .onErrorResume(e ->
              started.get()
                  ? Flux.just(SseFrames.event("error", ErrorBody.json(e)))
                  : Flux.error(e));
    });
  }

  private List<byte[]> chunks(TextEvent event, StringBuilder answer, AtomicBoolean started) {
    List<byte[]> chunks = new ArrayList<>();
    switch (event) {
      case TextEvent.Piece piece -> addDelta(piece.text(), answer, started, chunks);
      case TextEvent.End end -> {
        addDelta(end.text(), answer, started, chunks);
        String analysis = analysis(answer.toString(), end);
        chunks.add(
            streaming()
                ? SseFrames.event("analysis", analysis)
                : analysis.getBytes(StandardCharsets.UTF_8));
      }
    }
    return chunks;
  }

  private void addDelta(
      String text, StringBuilder answer, AtomicBoolean started, List<byte[]> chunks) {
    answer.append(text);
    if (streaming() && !text.isEmpty()) {
      started.set(true);
      chunks.add(SseFrames.event("delta", AnalysisFormat.delta(text)));
    }
  }

  private String analysis(String answer, TextEvent.End end) {
    try {
      DealAnalysis analysis = AnalysisReader.read(answer);
      List<Evidence> evidence = EvidenceFinder.find(request.memo(), analysis);
      Usage usage = Usage.of(spec.prompt().size(), end);
      return AnalysisFormat.response(
          requestId.value(), model.name(), request.memo(), analysis, evidence, usage, end);
    } catch (InvalidAnalysisException e) {
      String cut =
          end.reason() == FinishReason.LENGTH
              ? " (cut off after " + end.outputTokens() + " tokens)"
              : "";
      throw new ApiException(
          HttpStatus.BAD_GATEWAY,
          ErrorTypes.SERVER,
          "invalid_model_output",
          null,
          "The model's answer" + cut + " is not deal-analysis/v1: " + e.getMessage() + ".",
          null);
    }
  }
}
