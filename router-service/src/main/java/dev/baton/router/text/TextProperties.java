package dev.baton.router.text;

import java.nio.file.Path;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the router serves.
 *
 * @param models served models, at least one
 */
@ConfigurationProperties("baton.router")
public record TextProperties(@DefaultValue List<Model> models) {

  public TextProperties {
    models = List.copyOf(models);
  }

  /**
   * @param name what clients call it
   * @param directory a Hugging Face model directory
   */
  public record Model(String name, Path directory) {
    public Model {
      if (name.isBlank()) {
        throw new IllegalArgumentException("baton.router.models[].name must not be blank");
      }
    }
  }
}
