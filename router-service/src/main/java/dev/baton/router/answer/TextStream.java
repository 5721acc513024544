package dev.baton.router.answer;

import dev.baton.contracts.FinishReason;
import dev.baton.contracts.SampledToken;
import dev.baton.router.generation.Generation;
import dev.baton.router.generation.GenerationEvent;
import dev.baton.router.text.TextAssembler;
import dev.baton.router.text.TextModel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import reactor.core.publisher.Flux;

/**
 * Tokens to text for one answer: one text event for each generation event. A stop string cancels
 * the generation. One owner.
 */
public final class TextStream {
  private record Waiting(SampledToken token, long end) {}

  private final TextAssembler assembler;
  private final Runnable enough;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private int outputTokens;

  private TextStream(TextAssembler assembler, Runnable enough) {
    this.assembler = assembler;
    this.enough = enough;
  }

  /** The events as text; ends with {@link TextEvent.End} or an error. */
  public static Flux<TextEvent> of(
      TextModel model, List<String> stopStrings, Generation generation) {
    return Flux.defer(() -> {
      TextStream stream = new TextStream(model.assembler(stopStrings), generation.enough());
      return generation
          .events()
          .map(stream::accept)
          .concatWith(
              Flux.error(() -> new IllegalStateException("a generation ended without an end")))
          .takeUntil(TextEvent.End.class::isInstance);
    });
  }

  private TextEvent accept(GenerationEvent event) {
    return switch (event) {
      case GenerationEvent.Token token -> {
        outputTokens++;
        String text = assembler.accept(token.token().tokenId());
        waiting.add(new Waiting(token.token(), assembler.decodedLength()));
        if (assembler.stopped()) {
          enough.run();
          yield new TextEvent.End(text, shown(), FinishReason.STOP, outputTokens, null);
        }
        yield new TextEvent.Piece(text, shown());
      }
      case GenerationEvent.Completed completed -> {
        String text = assembler.finish();
        FinishReason reason = assembler.stopped() ? FinishReason.STOP : completed.reason();
        List<SampledToken> tokens = assembler.stopped() ? shown() : all();
        yield new TextEvent.End(text, tokens, reason, outputTokens, completed.summary());
      }
    };
  }

  private List<SampledToken> shown() {
    List<SampledToken> tokens = new ArrayList<>();
    while (!waiting.isEmpty() && waiting.element().end() <= assembler.shownLength()) {
      tokens.add(waiting.remove().token());
    }
    return tokens;
  }

  private List<SampledToken> all() {
    List<SampledToken> tokens = waiting.stream().map(Waiting::token).toList();
    waiting.clear();
    return tokens;
  }
}
