package dev.baton.contracts;

import java.util.Map;

/** Names and shapes of the Kafka topics. */
public final class Topics {
  public static final String PREFILL_INTERACTIVE = "baton.prefill.interactive";
  public static final String PREFILL_BATCH = "baton.prefill.batch";

  /** The share group (KIP-932) that every prefill worker joins. */
  public static final String PREFILL_SHARE_GROUP = "baton-prefill";

  /** {@link HandOff} records; the partition is the decode worker's lane. */
  public static final String KV_HANDLES = "baton.kv.handles";

  /** {@link KvEvent} records; the key is the worker's id. */
  public static final String KV_EVENTS = "baton.kv.events";

  /** {@link GenerationRecord} records; one a finished request, the key is its id. */
  public static final String GENERATIONS = "baton.generations";

  private Topics() {}

  public static String prefill(ServiceClass serviceClass) {
    return switch (serviceClass) {
      case INTERACTIVE -> PREFILL_INTERACTIVE;
      case BATCH -> PREFILL_BATCH;
    };
  }

  /** Every topic with the number of partitions that it is created with. */
  public static Map<String, Integer> partitions() {
    return Map.of(
        // One each: a share group hands out records, not partitions, and a partition that is
        // assigned to nobody but a worker that has just died would wait for its session to end.
        PREFILL_INTERACTIVE, 1,
        PREFILL_BATCH, 1,
        KV_HANDLES, Lane.LIMIT,
        KV_EVENTS, 4,
        GENERATIONS, 4);
  }
}
