package dev.baton.localstack.stack;

import java.util.List;

/** The five services, each a module of the build. */
public enum ServiceKind {
  REGISTRY("registry", "kv-registry-service", "-Xmx192m"),
  PREFILL("prefill", "prefill-service", "-Xmx256m"),
  DECODE("decode", "decode-service", "-Xmx256m"),
  ROUTER("router", "router-service", "-Xmx384m"),
  AUTOSCALER("autoscaler", "autoscaler-service", "-Xmx192m");

  private final String label;
  private final String module;
  private final String heap;

  ServiceKind(String label, String module, String heap) {
    this.label = label;
    this.module = module;
    this.heap = heap;
  }

  /** Name of its processes, as in {@code decode-2}. */
  public String label() {
    return label;
  }

  /** Directory of its module. */
  public String module() {
    return module;
  }

  /** Small, quick to start, and the same at training and at run time, which the AOT cache needs. */
  List<String> jvmOptions() {
    return List.of(
        heap,
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:ReservedCodeCacheSize=64m",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow");
  }
}
