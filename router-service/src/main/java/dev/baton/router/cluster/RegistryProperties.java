package dev.baton.router.cluster;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the router uses the registry.
 *
 * @param url base address of kv-registry-service
 * @param poll how often the directory is read
 * @param queryTimeout longest wait for a prefix query, which is on every request's way
 * @param directoryTtl how long the last known directory is believed while the registry is silent
 */
@ConfigurationProperties("baton.registry")
public record RegistryProperties(
    @DefaultValue("http://localhost:8081") URI url,
    @DefaultValue("500ms") Duration poll,
    @DefaultValue("250ms") Duration queryTimeout,
    @DefaultValue("60s") Duration directoryTtl) {}
