package dev.baton.router.openai;

import dev.baton.router.text.ServedModels;
import dev.baton.router.text.TextModel;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}: the configured models, no others. */
@RestController
final class ModelsEndpoint {
  private final ServedModels models;
  private final Instant started;

  ModelsEndpoint(ServedModels models) {
    this.models = models;
    this.started = Clock.systemUTC().instant();
  }

  record ModelEntry(String id, String object, long created, String owned_by, int context_length) {}

  record ModelList(String object, List<ModelEntry> data) {}

  @GetMapping("/v1/models")
  ModelList list() {
    return new ModelList("list", models.all().stream().map(this::entry).toList());
  }

  @GetMapping("/v1/models/{id}")
  ModelEntry one(@PathVariable("id") String id) {
    return entry(models.get(id));
  }

  private ModelEntry entry(TextModel model) {
    return new ModelEntry(
        model.name(), "model", started.getEpochSecond(), "baton", model.contextLength());
  }
}
