package dev.baton.autoscaler.observe;

import java.net.URI;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the registry is.
 *
 * @param url base address of kv-registry-service
 */
@ConfigurationProperties("baton.registry")
public record RegistryProperties(@DefaultValue("http://localhost:8081") URI url) {}
