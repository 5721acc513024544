package dev.baton.router.text;

import dev.baton.router.errors.ApiException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * A model's own chat template, evaluated by {@code @huggingface/jinja} on GraalJS in contexts that
 * can reach nothing of this process. Compiled once per context; a few contexts serve all threads.
 * Values reach a template as one JSON text, so a message can never become template source.
 */
final class ChatTemplate implements AutoCloseable {
  private static final String LIBRARY = "huggingface-jinja-0.5.11.cjs";
  private static final int CONTEXTS = 2;
  private static final long WAIT_SECONDS = 10;
  private static final JsonMapper JSON = JsonMapper.shared();

  private final Engine engine =
      Engine.newBuilder("js").option("engine.WarnInterpreterOnly", "false").build();
  private final BlockingQueue<Compiled> idle = new ArrayBlockingQueue<>(CONTEXTS);

  private record Compiled(Context context, Value render) {}

  /** A template that refused the conversation ({@code raise_exception}); the message is its own. */
  static final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * @throws IllegalArgumentException for a template that cannot be parsed
   */
  ChatTemplate(String template) {
    Source library = library();
    try {
      for (int i = 0; i < CONTEXTS; i++) {
        idle.add(compile(library, template));
      }
    } catch (PolyglotException e) {
      engine.close(true);
      throw new IllegalArgumentException("chat template cannot be parsed: " + e.getMessage(), e);
    }
  }

  /**
   * The conversation as the model expects it, ending where the assistant's turn begins. Waits at
   * most 10 s for an idle context.
   *
   * @throws ApiException 503 where none comes free
   * @throws RefusedException where the template raises an exception
   */
  String render(List<ChatMessage> messages, String bosToken, String eosToken) {
    String values =
        JSON.writeValueAsString(
            Map.of(
                "messages",
                messages,
                "add_generation_prompt",
                true,
                "bos_token",
                bosToken,
                "eos_token",
                eosToken));
    Compiled compiled = acquire();
    try {
      return compiled.render().execute(values).asString();
    } catch (PolyglotException e) {
      String message = e.getMessage();
      throw new RefusedException(message == null ? "the chat template failed" : message);
    } finally {
      idle.add(compiled);
    }
  }

  @Override
  public void close() {
    engine.close(true);
  }

  private Compiled acquire() {
    try {
      @Nullable Compiled compiled = idle.poll(WAIT_SECONDS, TimeUnit.SECONDS);
      if (compiled == null) {
        throw ApiException.unavailable(
            "overloaded", "The service is busy rendering prompts.", Duration.ofSeconds(2));
      }
      return compiled;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a chat template context", e);
    }
  }

  private Compiled compile(Source library, String template) {
    Context context = Context.newBuilder("js").engine(engine).build();
    Value jinja = context.eval(library);
    Value factory =
        context.eval(
            "js",
            "(jinja, source) => { const template = new jinja.Template(source);"
                + " return values => template.render(JSON.parse(values)); }");
    return new Compiled(context, factory.execute(jinja, template));
  }

  private static Source library() {
    try (@Nullable InputStream in = ChatTemplate.class.getResourceAsStream(LIBRARY)) {
      if (in == null) {
        throw new IllegalStateException("resource " + LIBRARY + " is missing");
      }
      String code = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      String wrapped =
          "(() => { const module = { exports: {} }, exports = module.exports;\n"
              + code
              + "\nreturn module.exports; })()";
      return Source.newBuilder("js", wrapped, LIBRARY).build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
