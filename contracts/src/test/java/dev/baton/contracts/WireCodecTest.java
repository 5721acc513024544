package dev.baton.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class WireCodecTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static Stream<Object> samples() {
    return Samples.all().values().stream();
  }

  static Stream<Object> versioned() {
    return samples().filter(record -> tree(record).has("version"));
  }

  private static ObjectNode tree(Object record) {
    return (ObjectNode) JSON.readTree(WireCodec.toJson(record));
  }

  private static byte[] bytes(ObjectNode tree) {
    return JSON.writeValueAsBytes(tree);
  }

  @ParameterizedTest
  @MethodSource("samples")
  void unknownFieldsAreIgnored(Object record) {
    ObjectNode tree = tree(record);
    tree.put("fromTheFuture", 1);
    assertThat((Object) WireCodec.fromJson(bytes(tree), Samples.readAs(record))).isEqualTo(record);
  }

  @ParameterizedTest
  @MethodSource("versioned")
  void anUnknownVersionIsRefusedByName(Object record) {
    ObjectNode tree = tree(record);
    tree.put("version", 2);
    assertThatExceptionOfType(MalformedRecordException.class)
        .isThrownBy(() -> WireCodec.fromJson(bytes(tree), Samples.readAs(record)))
        .withMessageContaining("schema version 2, this build reads version 1");
  }

  /** Every top-level field but an optional one is needed, and none may be null. */
  @ParameterizedTest
  @MethodSource("samples")
  void aMissingOrNullFieldIsRefused(Object record) {
    for (String field : tree(record).propertyNames()) {
      if (field.equals("previous")) {
        continue;
      }
      ObjectNode missing = tree(record);
      missing.remove(field);
      ObjectNode empty = tree(record);
      empty.putNull(field);
      for (ObjectNode broken : List.of(missing, empty)) {
        assertThatExceptionOfType(MalformedRecordException.class)
            .as("%s of %s", field, record.getClass().getSimpleName())
            .isThrownBy(() -> WireCodec.fromJson(bytes(broken), Samples.readAs(record)));
      }
    }
  }

  /** Cut or flipped bytes are a malformed record or another valid one, never another failure. */
  @ParameterizedTest
  @MethodSource("samples")
  void damagedBytesAreMalformedAndNothingWorse(Object record) {
    Random random = new Random(3);
    byte[] whole = WireCodec.toCbor(record);
    for (int i = 0; i < 300; i++) {
      byte[] damaged =
          i % 3 == 0 ? Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
      if (damaged.length > 0) {
        damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        assertThat((Object) WireCodec.fromCbor(damaged, Samples.readAs(record))).isNotNull();
      } catch (MalformedRecordException e) {
        assertThat(e).hasMessageContaining(Samples.readAs(record).getSimpleName());
      }
    }
  }

  @Test
  void garbageIsMalformed() {
    for (byte[] garbage :
        List.of(
            new byte[0],
            new byte[] {1, 2, 3},
            "hello".getBytes(StandardCharsets.UTF_8),
            "null".getBytes(StandardCharsets.UTF_8))) {
      assertThatExceptionOfType(MalformedRecordException.class)
          .isThrownBy(() -> WireCodec.fromJson(garbage, WorkerHeartbeat.class));
      assertThatExceptionOfType(MalformedRecordException.class)
          .isThrownBy(() -> WireCodec.fromCbor(garbage, KvEvent.class));
    }
  }

  @Test
  void aTypeThatNobodyKnowsIsMalformed() {
    ObjectNode tree = tree(new KvEvent.Stored(1, Samples.PREFILLER, 1, BlockHashes.EMPTY));
    tree.put("type", "moved");
    assertThatThrownBy(() -> WireCodec.fromJson(bytes(tree), KvEvent.class))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("moved");
  }

  @Test
  void aConstructorsComplaintReachesTheReader() {
    ObjectNode tree = tree(Samples.REGISTRATION);
    tree.put("capacityBlocks", 0);
    assertThatThrownBy(() -> WireCodec.fromJson(bytes(tree), WorkerRegistration.class))
        .isInstanceOf(MalformedRecordException.class)
        .hasMessageContaining("capacityBlocks must be between 1");
  }

  @Test
  void tokensAndHashesTravelPacked() {
    PrefillRequest request = (PrefillRequest) Samples.all().get("prefill-request");
    PrefillRequest longer =
        new PrefillRequest(
            1,
            request.request(),
            1,
            request.model(),
            request.fingerprint(),
            TokenIds.of(new int[6000]),
            6000,
            request.root(),
            request.sampling(),
            request.submitted(),
            request.deadline(),
            request.target(),
            List.of());
    assertThat(WireCodec.toCbor(longer).length).isBetween(24_000, 24_700);
  }

  @Test
  void randomRecordsComeBackEqual() {
    Random random = new Random(2026);
    for (int i = 0; i < 500; i++) {
      int[] tokens = random.ints(1 + random.nextInt(200), 0, Integer.MAX_VALUE).toArray();
      BlockHashes hashes =
          BlockHashes.of(
              IntStream.range(0, random.nextInt(50))
                  .mapToObj(_ -> new BlockHash(random.nextLong(), random.nextLong()))
                  .toList());
      LaneRef lane =
          new LaneRef(
              new WorkerId("w" + random.nextInt()),
              new Lane(random.nextInt(Lane.LIMIT)),
              new Epoch(1 + random.nextLong(Long.MAX_VALUE)));
      Instant instant =
          Instant.ofEpochSecond(random.nextLong(4_000_000_000L), random.nextInt(1_000_000_000));
      int count = 1 + random.nextInt(500);
      List<Object> records = new ArrayList<>();
      records.add(new KvEvent.Stored(1, lane, random.nextLong(), hashes));
      records.add(new PrefixQuery(1, hashes));
      records.add(
          new HandOff.KvHandle(
              1,
              new RequestId("r" + random.nextInt()),
              1 + random.nextInt(100),
              lane,
              new LeaseRef(lane, Samples.KV, random.nextLong(), instant),
              new BlockRefs(
                  random.ints((count + 15) / 16, 0, Integer.MAX_VALUE).toArray(),
                  random.ints((count + 15) / 16).toArray()),
              count,
              new SampledToken(random.nextInt(1 << 30), -random.nextFloat(), List.of()),
              new PrefillTimings(
                  Duration.ofNanos(random.nextLong(1L << 50)),
                  Duration.ofNanos(random.nextLong(1L << 50)),
                  Duration.ofNanos(random.nextLong(1L << 50)),
                  random.nextInt(),
                  random.nextInt(),
                  random.nextInt())));
      records.add(
          new GenerateRequest(
              1,
              new RequestId("r"),
              1,
              "m",
              lane,
              TokenIds.of(tokens),
              1 + random.nextInt(tokens.length),
              new BlockHash(random.nextLong(), random.nextLong()),
              new SamplingParams(
                  random.nextFloat() * 2,
                  random.nextInt(1000),
                  1 - random.nextFloat(),
                  random.nextFloat(),
                  0.01f + random.nextFloat(),
                  random.nextFloat() * 4 - 2,
                  random.nextFloat() * 4 - 2,
                  random.nextLong(),
                  random.nextInt(21)),
              new StopConditions(1 + random.nextInt(1000), TokenIds.EMPTY),
              GenerationPath.DECODE_LOCAL,
              instant,
              List.of()));
      for (Object record : records) {
        Class<?> type = Samples.readAs(record);
        assertThat((Object) WireCodec.fromCbor(WireCodec.toCbor(record), type)).isEqualTo(record);
        assertThat((Object) WireCodec.fromJson(WireCodec.toJson(record), type)).isEqualTo(record);
      }
    }
  }
}
