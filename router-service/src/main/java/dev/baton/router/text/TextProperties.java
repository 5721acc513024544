package dev.baton.router.text;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What the router serves and how much it reads.
 *
 * @param models served models, at least one
 * @param maxRequestSize longest body of a request
 * @param generationTimeout from acceptance of a request to its last token
 */
@ConfigurationProperties("baton.router")
public record TextProperties(
    @DefaultValue List<Model> models,
    @DefaultValue("8MB") DataSize maxRequestSize,
    @DefaultValue("2m") Duration generationTimeout) {

  public TextProperties {
    models = List.copyOf(models);
    if (!generationTimeout.isPositive()) {
      throw new IllegalArgumentException("baton.router.generation-timeout must be positive");
    }
    if (maxRequestSize.toBytes() < 1 || maxRequestSize.toBytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "baton.router.max-request-size must be between 1 byte and 2 GB");
    }
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
