package dev.baton.contracts;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A bad value is refused where it is made, and the message names the field. */
class ValidationTest {
  private static Arguments refused(String named, ThrowingCallable making) {
    return arguments(named, making);
  }

  private static SamplingParams sampling(
      float temperature, int topK, float topP, float minP, float penalty, int top) {
    return new SamplingParams(temperature, topK, topP, minP, penalty, 0, 0, 0, top);
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        refused("lane", () -> new Lane(-1)),
        refused("lane", () -> new Lane(Lane.LIMIT)),
        refused("epoch", () -> new Epoch(0)),
        refused("worker id", () -> new WorkerId(" ")),
        refused("worker id", () -> new WorkerId("x".repeat(201))),
        refused("request id", () -> new RequestId("")),
        refused("model fingerprint", () -> new ModelFingerprint("00")),
        refused("model fingerprint", () -> new ModelFingerprint("G".repeat(32))),
        refused("KV host", () -> new KvEndpoint("", 1)),
        refused("KV port", () -> new KvEndpoint("h", 0)),
        refused("KV port", () -> new KvEndpoint("h", 65_536)),
        refused("transport", () -> new LinkRate(new WorkerId("p"), "", 1)),
        refused("bytesPerSecond", () -> new LinkRate(new WorkerId("p"), "tcp", 0)),
        refused("bytesPerSecond", () -> new LinkRate(new WorkerId("p"), "tcp", Double.NaN)),
        refused("kvHeads", () -> new KvLayout(0, 1, 16, 8, KvDtype.F32)),
        refused("layers", () -> new KvLayout(1, 0, 16, 8, KvDtype.F32)),
        refused("blockTokens", () -> new KvLayout(1, 1, 0, 8, KvDtype.F32)),
        refused("headDim", () -> new KvLayout(1, 1, 16, 0, KvDtype.F32)),
        refused("temperature", () -> sampling(-0.1f, 0, 1, 0, 1, 0)),
        refused("temperature", () -> sampling(Float.NaN, 0, 1, 0, 1, 0)),
        refused("top_k", () -> sampling(0, -1, 1, 0, 1, 0)),
        refused("top_p", () -> sampling(0, 0, 0, 0, 1, 0)),
        refused("top_p", () -> sampling(0, 0, 1.1f, 0, 1, 0)),
        refused("min_p", () -> sampling(0, 0, 1, 2, 1, 0)),
        refused("repetition_penalty", () -> sampling(0, 0, 1, 0, 0, 0)),
        refused("top_logprobs", () -> sampling(0, 0, 1, 0, 1, 21)),
        refused("presence_penalty", () -> new SamplingParams(0, 0, 1, 0, 1, 3, 0, 0, 0)),
        refused("frequency_penalty", () -> new SamplingParams(0, 0, 1, 0, 1, 0, -3, 0, 0)),
        refused("max_tokens", () -> new StopConditions(0, TokenIds.EMPTY)),
        refused("token id", () -> new SampledToken(-1, 0, List.of())),
        refused("token id at 1", () -> TokenIds.of(0, -5)),
        refused("4 bytes", () -> TokenIds.unpack(new byte[3])),
        refused("16 bytes", () -> BlockHashes.unpack(new byte[17])),
        refused("16 bytes", () -> BlockHash.unpack(new byte[15])),
        refused("8 bytes", () -> BlockRefs.unpack(new byte[9])),
        refused("block id", () -> new BlockRefs(new int[] {-1}, new int[] {0})),
        refused("digest", () -> new BlockRefs(new int[] {1}, new int[0])),
        refused("blocks", () -> new PrefixSource(Samples.DECODER, Samples.KV, 0)),
        refused(
            "time to live",
            () -> new LaneGrant(new WorkerId("w"), new Lane(0), new Epoch(1), Duration.ZERO)),
        refused("part", () -> new KvEvent.Snapshot(1, Samples.DECODER, 1, 2, 2, BlockHashes.EMPTY)),
        refused(
            "KvEvent has schema version 9",
            () -> new KvEvent.Stored(9, Samples.DECODER, 1, BlockHashes.EMPTY)),
        refused("capacityBlocks", () -> registration(0, 1, "m")),
        refused("maxPositions", () -> registration(1, 0, "m")),
        refused("model", () -> registration(1, 1, "")),
        refused("tokenCount", () -> handle(0, 0)),
        refused("one block for every 16 tokens", () -> handle(17, 1)),
        refused("attempt", () -> prefill(0, TokenIds.of(1), 1)),
        refused("at least one token", () -> prefill(1, TokenIds.EMPTY, 1)),
        refused("promptLength", () -> prefill(1, TokenIds.of(1, 2), 3)));
  }

  private static WorkerRegistration registration(int capacity, int positions, String model) {
    return new WorkerRegistration(
        1,
        new WorkerId("w"),
        Role.BOTH,
        model,
        Samples.FINGERPRINT,
        new KvLayout(1, 1, 16, 8, KvDtype.F32),
        Samples.REGISTRATION.http(),
        Samples.KV,
        capacity,
        positions,
        Optional.empty());
  }

  private static HandOff.KvHandle handle(int tokens, int blocks) {
    return new HandOff.KvHandle(
        1,
        new RequestId("r"),
        1,
        Samples.DECODER,
        new LeaseRef(Samples.PREFILLER, Samples.KV, 1, Samples.INSTANT),
        new BlockRefs(new int[blocks], new int[blocks]),
        tokens,
        Samples.SAMPLED,
        PrefillTimings.NONE);
  }

  private static PrefillRequest prefill(int attempt, TokenIds tokens, int promptLength) {
    return new PrefillRequest(
        1,
        new RequestId("r"),
        attempt,
        "m",
        Samples.FINGERPRINT,
        tokens,
        promptLength,
        Samples.ROOT,
        SamplingParams.greedy(),
        Samples.INSTANT,
        Samples.INSTANT,
        Samples.DECODER,
        List.of());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bad")
  void isRefusedByName(String named, ThrowingCallable making) {
    assertThatThrownBy(making)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(named);
  }
}
