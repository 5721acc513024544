package dev.baton.localstack.stack;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The properties that the stack gives to each service. */
final class ServiceArguments {
  /**
   * Enough for a full context of the demo model in each sequence that two cores can keep up with.
   */
  private static final int KV_BLOCKS = 2048;

  private final StackSpec spec;
  private final String kafka;
  private final int redisPort;
  private final String registryUrl;
  private final Path kvPools;

  ServiceArguments(StackSpec spec, String kafka, int redisPort, String registryUrl, Path kvPools) {
    this.spec = spec;
    this.kafka = kafka;
    this.redisPort = redisPort;
    this.registryUrl = registryUrl;
    this.kvPools = kvPools;
  }

  /**
   * Arguments for training, when nothing else runs yet: addresses where nobody listens, and no
   * patience with Kafka, for which the router's topics would wait 40 seconds.
   */
  static ServiceArguments forTraining(StackSpec spec, Path kvPools) {
    StackSpec impatient =
        spec.withProperty(ServiceKind.ROUTER, "spring.kafka.admin.operation-timeout", "100ms")
            .withProperty(ServiceKind.ROUTER, "spring.kafka.admin.close-timeout", "100ms");
    return new ServiceArguments(impatient, "127.0.0.1:9", 9, "http://127.0.0.1:9", kvPools);
  }

  List<String> of(ServiceKind kind, String name, String role, int port) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("server.port", Integer.toString(port));
    properties.put("server.address", "127.0.0.1");
    properties.put("spring.kafka.bootstrap-servers", kafka);
    switch (kind) {
      case REGISTRY -> {
        properties.put("spring.data.redis.host", "127.0.0.1");
        properties.put("spring.data.redis.port", Integer.toString(redisPort));
      }
      case ROUTER -> {
        properties.put("baton.registry.url", registryUrl);
        properties.put("baton.router.models[0].name", spec.model());
        properties.put("baton.router.models[0].directory", spec.modelDirectory().toString());
      }
      case AUTOSCALER -> properties.put("baton.registry.url", registryUrl);
      case PREFILL, DECODE -> worker(properties, kind, name, role);
    }
    properties.putAll(spec.properties().getOrDefault(kind, Map.of()));
    List<String> arguments = new ArrayList<>();
    properties.forEach((property, value) -> arguments.add("--" + property + "=" + value));
    return List.copyOf(arguments);
  }

  private void worker(Map<String, String> properties, ServiceKind kind, String name, String role) {
    int cores = Runtime.getRuntime().availableProcessors();
    int threads = kind == ServiceKind.PREFILL ? cores : Math.max(1, cores / 2);
    properties.put("baton.registry.url", registryUrl);
    properties.put("baton.worker.id", name);
    properties.put("baton.worker.role", role);
    properties.put("baton.worker.model", spec.model());
    properties.put("baton.worker.model-directory", spec.modelDirectory().toString());
    properties.put("baton.worker.advertised-host", "127.0.0.1");
    properties.put("baton.worker.kv-port", "0");
    properties.put("baton.worker.threads", Integer.toString(threads));
    properties.put("baton.worker.kv-blocks", Integer.toString(KV_BLOCKS));
    properties.put("baton.worker.kv-pool-directory", kvPools.toString());
  }
}
