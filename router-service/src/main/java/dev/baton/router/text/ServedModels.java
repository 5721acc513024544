package dev.baton.router.text;

import dev.baton.router.errors.ApiException;
import dev.baton.router.errors.ErrorTypes;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;

/** The configured models, in their order. Immutable. */
public final class ServedModels implements AutoCloseable {
  private final Map<String, TextModel> models = new LinkedHashMap<>();

  public ServedModels(Collection<TextModel> models) {
    for (TextModel model : models) {
      if (this.models.put(model.name(), model) != null) {
        throw new IllegalArgumentException("two models are named " + model.name());
      }
    }
    if (this.models.isEmpty()) {
      throw new IllegalArgumentException("baton.router.models names no model");
    }
  }

  /**
   * @throws ApiException 404 {@code model_not_found}
   */
  public TextModel get(String name) {
    @Nullable TextModel model = models.get(name);
    if (model == null) {
      throw new ApiException(
          HttpStatus.NOT_FOUND,
          ErrorTypes.INVALID_REQUEST,
          "model_not_found",
          "model",
          "The model `" + name + "` does not exist.",
          null);
    }
    return model;
  }

  /** The first configured model: what an analysis runs on. */
  public TextModel first() {
    return models.values().iterator().next();
  }

  public Collection<TextModel> all() {
    return models.values();
  }

  @Override
  public void close() {
    models.values().forEach(TextModel::close);
  }
}
