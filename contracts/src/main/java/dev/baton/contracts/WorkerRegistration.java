package dev.baton.contracts;

import java.net.URI;
import java.util.Optional;

/**
 * What a worker says of itself when it asks for a lane.
 *
 * @param model the name that clients use for the model
 * @param http base address of its internal HTTP API
 * @param kv where its KV plane answers
 * @param capacityBlocks blocks of its KV pool
 * @param maxPositions longest sequence (prompt and output tokens) that it serves
 * @param previous the lane that it held before, which it gets again where still possible
 */
public record WorkerRegistration(
    int version,
    WorkerId worker,
    Role role,
    String model,
    ModelFingerprint fingerprint,
    KvLayout layout,
    URI http,
    KvEndpoint kv,
    int capacityBlocks,
    int maxPositions,
    Optional<LaneRef> previous) {
  public static final int VERSION = 1;

  public WorkerRegistration {
    Checks.version("WorkerRegistration", version, VERSION);
    Checks.name("model", model);
    Checks.range("capacityBlocks", capacityBlocks, 1, Integer.MAX_VALUE);
    Checks.range("maxPositions", maxPositions, 1, Integer.MAX_VALUE);
  }
}
