package dev.baton.worker.boot;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The kv-registry.
 *
 * @param url base address
 * @param timeout of one call
 */
@ConfigurationProperties("baton.registry")
public record RegistryProperties(
    @DefaultValue("http://localhost:8081") URI url, @DefaultValue("2s") Duration timeout) {}
