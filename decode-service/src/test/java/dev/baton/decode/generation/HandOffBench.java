package dev.baton.decode.generation;

import dev.baton.contracts.BlockHasher;
import dev.baton.contracts.Epoch;
import dev.baton.contracts.GenerateRequest;
import dev.baton.contracts.GenerationPath;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.RequestId;
import dev.baton.contracts.SamplingParams;
import dev.baton.contracts.StopConditions;
import dev.baton.contracts.TokenEvent;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.EngineConfig;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.localstack.servers.RealKafka;
import dev.baton.worker.runtime.WorkerRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * What a hand-off costs: from the end of prefill to the last verified block on the decode worker,
 * over a real Kafka, with and without pulling the blocks of finished chunks during prefill.
 *
 * <pre>
 * HandOffBench MODEL_DIRECTORY [PROMPT_TOKENS [ROUNDS [TOKENS_PER_STEP]]]
 * </pre>
 */
public final class HandOffBench {
  private static final int OUTPUT = 4;
  private static final int VOCABULARY = 4000;
  private static final LaneRef DECODE =
      new LaneRef(new WorkerId("decode"), new Lane(7), new Epoch(1));

  private final Path model;
  private final int prompt;
  private final int perStep;
  private final RealKafka kafka;

  private HandOffBench(Path model, int prompt, int perStep, RealKafka kafka) {
    this.model = model;
    this.prompt = prompt;
    this.perStep = perStep;
    this.kafka = kafka;
  }

  /** When the last transfer ended, how long it took and what all of them moved. */
  private static final class Transfers implements TransferObserver {
    long lastEnd;
    long lastNanos;
    long lastBytes;

    @Override
    public synchronized void transferEnded(
        WorkerId peer,
        dev.baton.kvtransfer.TransportKind transport,
        int blocks,
        long bytes,
        long nanos,
        dev.baton.kvtransfer.TransferOutcome outcome) {
      lastEnd = System.nanoTime();
      lastNanos = nanos;
      lastBytes = bytes;
    }
  }

  /** Times in milliseconds. */
  private record Round(double ready, double transfer, double megabytes, double prefill) {
    double overhead() {
      return ready - transfer;
    }
  }

  public static void main(String[] args) throws Exception {
    if (args.length < 1) {
      System.err.println("usage: HandOffBench MODEL_DIRECTORY [TOKENS [ROUNDS [TOKENS_PER_STEP]]]");
      System.exit(2);
    }
    int prompt = args.length > 1 ? Integer.parseInt(args[1]) : 6000;
    int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 9;
    int perStep = args.length > 3 ? Integer.parseInt(args[3]) : 512;
    try (RealKafka kafka = RealKafka.start()) {
      HandOffBench bench = new HandOffBench(Path.of(args[0]), prompt, perStep, kafka);
      System.out.printf("%d tokens in chunks of %d, medians of %d%n", prompt, perStep, rounds);
      System.out.println(
          "pipelined | prefill | ready after prefill | its transfer | MB of it | overhead");
      for (boolean pipelined : new boolean[] {false, true}) {
        bench.report(pipelined, bench.run(pipelined, rounds));
      }
    }
  }

  private void report(boolean pipelined, List<Round> rounds) {
    System.out.printf(
        "%9s | %7.0f | %19.1f | %12.1f | %8.1f | %8.1f%n",
        pipelined,
        median(rounds.stream().mapToDouble(Round::prefill).toArray()),
        median(rounds.stream().mapToDouble(Round::ready).toArray()),
        median(rounds.stream().mapToDouble(Round::transfer).toArray()),
        median(rounds.stream().mapToDouble(Round::megabytes).toArray()),
        median(rounds.stream().mapToDouble(Round::overhead).toArray()));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private List<Round> run(boolean pipelined, int rounds) throws Exception {
    Path folder = Files.createTempDirectory("hand-off");
    int blocks = 3 * (prompt / BlockHasher.BLOCK_TOKENS + 2);
    Transfers transfers = new Transfers();
    List<Round> done = new ArrayList<>();
    try (WorkerRuntime decode =
            Workers.start(
                "decode",
                new EngineConfig(model, "cpu", 1, blocks, folder.resolve("decode"), perStep, 4),
                TransferInterceptor.NONE,
                transfers);
        PrefillSide prefill =
            PrefillSide.of(
                Workers.start(
                    "prefill",
                    new EngineConfig(
                        model, "cpu", 1, blocks, folder.resolve("prefill"), perStep, 4),
                    TransferInterceptor.NONE,
                    TransferObserver.NONE),
                kafka.bootstrapServers());
        Generations generations =
            new Generations(
                decode,
                Map.of("bootstrap.servers", kafka.bootstrapServers()),
                new DecodeProperties(Duration.ofSeconds(60), Duration.ofSeconds(10), pipelined, 8),
                Clock.systemUTC())) {
      decode.granted(DECODE);
      generations.granted(DECODE);
      while (!generations.connected()) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
      for (int i = -1; i < rounds; i++) { // the first one warms up
        Round round = round(decode, prefill, generations, transfers, pipelined, i);
        if (i >= 0) {
          done.add(round);
        }
      }
    } finally {
      Files.deleteIfExists(folder.resolve("decode"));
      Files.deleteIfExists(folder.resolve("prefill"));
      Files.deleteIfExists(folder);
    }
    return done;
  }

  private Round round(
      WorkerRuntime decode,
      PrefillSide prefill,
      Generations generations,
      Transfers transfers,
      boolean pipelined,
      int number)
      throws Exception {
    TokenIds tokens =
        TokenIds.of(
            new Random(number + (pipelined ? 1000 : 0)).ints(prompt, 0, VOCABULARY).toArray());
    GenerateRequest request =
        new GenerateRequest(
            GenerateRequest.VERSION,
            new RequestId("bench-" + pipelined + number),
            1,
            "model",
            DECODE,
            tokens,
            prompt,
            BlockHasher.root(decode.engine().model().fingerprint(), "bench"),
            SamplingParams.greedy(),
            new StopConditions(OUTPUT, TokenIds.EMPTY),
            GenerationPath.DISAGGREGATED,
            Instant.now().plusSeconds(120),
            List.of());
    var answer = generations.generate(request).collectList().toFuture();
    while (generations.waiting() == 0) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    long begin = System.nanoTime();
    prefill.send(prefill.started(request));
    long end = prefill.handOver(request);
    TokenEvent last = answer.get(60, TimeUnit.SECONDS).getLast();
    if (!(last instanceof TokenEvent.Finished finished)
        || !finished.timings().ladder().isEmpty()
        || finished.outputTokens() != OUTPUT) {
      throw new IllegalStateException("the hand-off went wrong: " + last);
    }
    synchronized (transfers) {
      return new Round(
          (transfers.lastEnd - end) / 1e6,
          transfers.lastNanos / 1e6,
          transfers.lastBytes / 1e6,
          (end - begin) / 1e6);
    }
  }
}
