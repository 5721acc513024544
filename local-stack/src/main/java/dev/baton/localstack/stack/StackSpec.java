package dev.baton.localstack.stack;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a local stack consists of.
 *
 * @param home root of the repository, where the services are built
 * @param directory data, logs and state of this stack; two stacks cannot share one
 * @param modelDirectory Hugging Face model directory that workers and router load
 * @param model name that clients use
 * @param prefillWorkers workers of role {@code prefill}
 * @param decodeWorkers workers of role {@code decode}
 * @param bothWorkers workers of role {@code both}, the monolithic mode
 * @param routerPort 0 for any free one; every other port is always a free one
 * @param jvmOptions added to every service's own
 * @param properties added to, or in place of, the properties that the stack gives a service
 */
public record StackSpec(
    Path home,
    Path directory,
    Path modelDirectory,
    String model,
    int prefillWorkers,
    int decodeWorkers,
    int bothWorkers,
    int routerPort,
    List<String> jvmOptions,
    Map<ServiceKind, Map<String, String>> properties) {
  public StackSpec {
    home = home.toAbsolutePath().normalize();
    directory = directory.toAbsolutePath().normalize();
    modelDirectory = modelDirectory.toAbsolutePath().normalize();
    jvmOptions = List.copyOf(jvmOptions);
    properties = Map.copyOf(properties);
    if (prefillWorkers < 0 || decodeWorkers < 0 || bothWorkers < 0) {
      throw new IllegalArgumentException("a number of workers cannot be negative");
    }
  }

  /**
   * One prefill worker, two decode workers, the demo model, a free port, everything under {@code
   * directory}.
   */
  public static StackSpec of(Path home, Path directory) {
    return new StackSpec(
        home,
        directory,
        home.resolve("models/deal-analyst"),
        "deal-analyst",
        1,
        2,
        0,
        0,
        List.of(),
        Map.of());
  }

  public StackSpec withWorkers(int prefill, int decode, int both) {
    return new StackSpec(
        home,
        directory,
        modelDirectory,
        model,
        prefill,
        decode,
        both,
        routerPort,
        jvmOptions,
        properties);
  }

  public StackSpec withModel(String name, Path newDirectory) {
    return new StackSpec(
        home,
        directory,
        newDirectory,
        name,
        prefillWorkers,
        decodeWorkers,
        bothWorkers,
        routerPort,
        jvmOptions,
        properties);
  }

  public StackSpec withRouterPort(int port) {
    return new StackSpec(
        home,
        directory,
        modelDirectory,
        model,
        prefillWorkers,
        decodeWorkers,
        bothWorkers,
        port,
        jvmOptions,
        properties);
  }

  public StackSpec withProperty(ServiceKind kind, String name, String value) {
    Map<ServiceKind, Map<String, String>> all = new EnumMap<>(ServiceKind.class);
    all.putAll(properties);
    Map<String, String> ofKind = new HashMap<>(all.getOrDefault(kind, Map.of()));
    ofKind.put(name, value);
    all.put(kind, Map.copyOf(ofKind));
    return new StackSpec(
        home,
        directory,
        modelDirectory,
        model,
        prefillWorkers,
        decodeWorkers,
        bothWorkers,
        routerPort,
        jvmOptions,
        all);
  }
}
