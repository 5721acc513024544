package dev.baton.contracts;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** One example of every record that crosses a service boundary; no two fields of a kind alike. */
final class Samples {
  static final Instant INSTANT = Instant.parse("2026-01-02T03:04:05.678901234Z");
  static final ModelFingerprint FINGERPRINT =
      new ModelFingerprint("00112233445566778899aabbccddeeff");
  static final LaneRef DECODER =
      new LaneRef(new WorkerId("decode-1"), new Lane(7), new Epoch(1_767_323_045_678L));
  static final LaneRef PREFILLER =
      new LaneRef(new WorkerId("prefill-0"), new Lane(63), new Epoch(12));
  static final TokenIds TOKENS = TokenIds.of(IntStream.range(1000, 1034).toArray());
  static final BlockHash ROOT = BlockHasher.root(FINGERPRINT, "acme");
  static final BlockHashes HASHES = BlockHasher.chain(ROOT, TOKENS);
  static final SamplingParams SAMPLING =
      new SamplingParams(0.5f, 40, 0.9f, 0.05f, 1.25f, -0.5f, 0.75f, -9_007_199_254_740_993L, 3);
  static final KvEndpoint KV = new KvEndpoint("10.0.0.3", 7400);
  static final List<PrefixSource> SOURCES = List.of(new PrefixSource(PREFILLER, KV, 2));
  static final SampledToken SAMPLED =
      new SampledToken(
          42, -0.25f, List.of(new TokenLogprob(42, -0.25f), new TokenLogprob(7, -1.5f)));
  static final PrefillTimings PREFILL_TIMINGS =
      new PrefillTimings(
          Duration.ofMillis(12), Duration.ofNanos(345_678_901), Duration.ofMillis(7), 18, 16, 0);
  static final WorkerLoad LOAD =
      new WorkerLoad(
          2,
          12_345_678_901L,
          3,
          400,
          15_000.5,
          900.25,
          List.of(new LinkRate(new WorkerId("prefill-0"), "ucx", 11e9)));
  static final WorkerRegistration REGISTRATION =
      new WorkerRegistration(
          1,
          new WorkerId("decode-1"),
          Role.DECODE,
          "deal-analyst",
          FINGERPRINT,
          new KvLayout(8, 32, 16, 128, KvDtype.BF16),
          URI.create("http://10.0.0.3:8091"),
          KV,
          4096,
          8192,
          Optional.of(DECODER));

  private Samples() {}

  /** By the name of its golden file. */
  static Map<String, Object> all() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put(
        "prefill-request",
        new PrefillRequest(
            1,
            new RequestId("req-1"),
            2,
            "deal-analyst",
            FINGERPRINT,
            TOKENS,
            30,
            ROOT,
            SAMPLING,
            INSTANT,
            INSTANT.plusSeconds(30),
            DECODER,
            SOURCES));
    all.put(
        "prefill-started",
        new HandOff.PrefillStarted(1, new RequestId("req-1"), 1, DECODER, PREFILLER, KV));
    all.put(
        "kv-handle",
        new HandOff.KvHandle(
            1,
            new RequestId("req-1"),
            1,
            DECODER,
            new LeaseRef(PREFILLER, KV, 77, INSTANT.plusSeconds(10)),
            new BlockRefs(new int[] {5, 6, 900}, new int[] {0x01020304, -1, 0x7fffffff}),
            34,
            SAMPLED,
            PREFILL_TIMINGS));
    all.put(
        "prefill-failure",
        new HandOff.PrefillFailure(
            1,
            new RequestId("req-1"),
            1,
            DECODER,
            new WorkerId("prefill-0"),
            "pool exhausted",
            true));
    all.put("kv-event-stored", new KvEvent.Stored(1, PREFILLER, 5, HASHES));
    all.put("kv-event-dropped", new KvEvent.Dropped(1, PREFILLER, 6, HASHES.prefix(1)));
    all.put("kv-event-snapshot", new KvEvent.Snapshot(1, PREFILLER, 7, 1, 3, HASHES));
    all.put(
        "generation-record",
        new GenerationRecord(
            1,
            new RequestId("req-1"),
            "acme",
            "deal-analyst",
            "stop",
            6000,
            200,
            4096,
            INSTANT,
            Duration.ofMillis(1234),
            List.of(new WorkerId("prefill-0"), new WorkerId("decode-1"))));
    all.put("worker-registration", REGISTRATION);
    all.put(
        "lane-grant",
        new LaneGrant(new WorkerId("decode-1"), new Lane(7), new Epoch(9), Duration.ofSeconds(10)));
    all.put("worker-heartbeat", new WorkerHeartbeat(1, DECODER, WorkerState.DRAINING, LOAD, 123));
    all.put("heartbeat-reply", new HeartbeatReply(HeartbeatReply.Outcome.RENEWED, true));
    all.put(
        "directory",
        new Directory(
            1,
            List.of(
                new WorkerView(
                    REGISTRATION, new Lane(7), new Epoch(9), WorkerState.READY, LOAD, INSTANT))));
    all.put("prefix-query", new PrefixQuery(1, HASHES));
    all.put("prefix-matches", new PrefixMatches(1, Map.of(7, 2)));
    all.put(
        "generate-request",
        new GenerateRequest(
            1,
            new RequestId("req-1"),
            1,
            "deal-analyst",
            DECODER,
            TOKENS,
            34,
            ROOT,
            SAMPLING,
            new StopConditions(200, TokenIds.of(0, 2)),
            GenerationPath.DISAGGREGATED,
            INSTANT,
            SOURCES));
    all.put("token-event-accepted", new TokenEvent.Accepted(new RequestId("req-1"), 1, DECODER));
    all.put("token-event-token", new TokenEvent.Token(34, SAMPLED));
    all.put(
        "token-event-finished",
        new TokenEvent.Finished(
            FinishReason.LENGTH,
            200,
            new GenerationTimings(
                PREFILL_TIMINGS,
                GenerationPath.DISAGGREGATED,
                Duration.ofMillis(8),
                1L << 33,
                "shm",
                16,
                Duration.ofSeconds(2),
                List.of("retry-prefill"))));
    all.put("token-event-failed", new TokenEvent.Failed("fenced", "lease lost", true));
    all.put(
        "worker-stats", new WorkerStats(Role.BOTH, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10_000_000_000L, 0));
    return all;
  }

  /** What a reader asks for: the sealed interface where there is one. */
  static Class<?> readAs(Object record) {
    return switch (record) {
      case HandOff _ -> HandOff.class;
      case KvEvent _ -> KvEvent.class;
      case TokenEvent _ -> TokenEvent.class;
      default -> record.getClass();
    };
  }
}
