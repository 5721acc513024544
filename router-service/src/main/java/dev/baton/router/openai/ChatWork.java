package dev.baton.router.openai;

import dev.baton.contracts.SampledToken;
import dev.baton.router.answer.TextEvent;
import dev.baton.router.answer.TextStream;
import dev.baton.router.answer.Usage;
import dev.baton.router.errors.ErrorBody;
import dev.baton.router.gateway.GenerationWork;
import dev.baton.router.generation.Generation;
import dev.baton.router.generation.GenerationSpec;
import dev.baton.router.http.SseFrames;
import dev.baton.router.text.TextModel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.springframework.http.MediaType;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.node.ObjectNode;

/** One chat completion on its way. */
record ChatWork(GenerationSpec spec, TextModel model, ChatRequest request, ChatFormat format)
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
    Flux<TextEvent> text = TextStream.of(model, request.stop(), generation);
    return streaming() ? Flux.defer(() -> chunks(text)) : whole(text).flux();
  }

  private Mono<byte[]> whole(Flux<TextEvent> events) {
    return events.collectList().map(this::completion);
  }

  private byte[] completion(List<TextEvent> events) {
    var text = new StringBuilder();
    List<SampledToken> tokens = new ArrayList<>();
    for (TextEvent event : events) {
      switch (event) {
        case TextEvent.Piece piece -> {
          text.append(piece.text());
          tokens.addAll(piece.tokens());
        }
        case TextEvent.End end -> {
          text.append(end.text());
          tokens.addAll(end.tokens());
          return format
              .completion(text.toString(), tokens, end.reason(), usage(end))
              .toString()
              .getBytes(StandardCharsets.UTF_8);
        }
      }
    }
    throw new IllegalStateException("a text stream ended without its end");
  }

  private Flux<byte[]> chunks(Flux<TextEvent> events) {
    AtomicBoolean started = new AtomicBoolean();
    return events
        .concatMapIterable(event -> frames(event, started.compareAndSet(false, true)))
        .onErrorResume(e ->
            started.get() ? Flux.just(SseFrames.event("error", ErrorBody.json(e))) : Flux.error(e));
  }

  private List<byte[]> frames(TextEvent event, boolean first) {
    List<byte[]> frames = new ArrayList<>();
    if (first) {
      frames.add(frame(format.role()));
    }
    switch (event) {
      case TextEvent.Piece piece -> addDelta(frames, piece.text(), piece.tokens());
      case TextEvent.End end -> {
        addDelta(frames, end.text(), end.tokens());
        frames.add(frame(format.finish(end.reason())));
        if (request.includeUsage()) {
          frames.add(frame(format.usage(usage(end))));
        }
        frames.add(SseFrames.data("[DONE]"));
      }
    }
    return frames;
  }

  private void addDelta(List<byte[]> frames, String text, List<SampledToken> tokens) {
    if (!text.isEmpty() || (request.logprobs() && !tokens.isEmpty())) {
      frames.add(frame(format.delta(text, tokens)));
    }
  }

  private byte[] frame(ObjectNode chunk) {
    if (request.includeUsage() && !chunk.has("usage")) {
      chunk.putNull("usage");
    }
    return SseFrames.data(chunk.toString());
  }

  private Usage usage(TextEvent.End end) {
    return Usage.of(spec.prompt().size(), end);
  }
}
