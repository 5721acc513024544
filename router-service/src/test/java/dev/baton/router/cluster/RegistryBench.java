package dev.baton.router.cluster;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.BlockHashes;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.KvEvent;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneGrant;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.contracts.PrefixMatches;
import dev.baton.contracts.Role;
import dev.baton.contracts.Topics;
import dev.baton.contracts.WireCodec;
import dev.baton.contracts.WorkerId;
import dev.baton.contracts.WorkerRegistration;
import dev.baton.localstack.process.ManagedProcess;
import dev.baton.localstack.process.Ports;
import dev.baton.localstack.process.ProcessSpec;
import dev.baton.localstack.process.Scratch;
import dev.baton.localstack.servers.RealKafka;
import dev.baton.localstack.servers.RedisServer;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * The registry as the router sees it, on a real Kafka and a real Redis, each in a process of its
 * own: how fast events come in, what a resident block costs in Redis, and how long a prefix query
 * takes at a fixed rate, from the moment that it was due.
 *
 * <pre>RegistryBench REGISTRY_APP_JAR [BLOCKS [SECONDS]]</pre>
 *
 * 64 workers; prompts of 375 blocks, 30 of which all prompts share, each prompt held by one worker
 * or two. Every answer is compared with the truth. CPU times are those of the three processes on a
 * query's way: they hold on a busy machine too, where times of waiting say little.
 */
final class RegistryBench {
  private static final int WORKERS = Lane.LIMIT;
  private static final int PROMPT = 375;
  private static final int SHARED = 30;
  private static final int LONG_PROMPT = 6250;
  private static final int LONG_PROMPTS = 16;
  private static final int EVENT_BLOCKS = 32;

  private final RealKafka kafka = RealKafka.start();
  private final Scratch scratch = Scratch.create("registry-bench");
  private final RedisServer redis;
  private final ManagedProcess registry;
  private final URI url;
  private final HttpClient http = HttpClient.newHttpClient();
  private final KafkaProducer<String, byte[]> producer;
  private final List<LaneRef> lanes = new ArrayList<>();
  private final long[] sequences = new long[WORKERS];
  private final SplittableRandom random = new SplittableRandom(1);

  private RegistryBench(Path jar) {
    Path directory = scratch.directory();
    redis =
        RedisServer.launch(new RedisServer.Settings(directory, directory.resolve("redis.log"), 0));
    redis.awaitReady(Duration.ofSeconds(30));
    int port = Ports.free();
    url = URI.create("http://127.0.0.1:" + port);
    registry =
        ManagedProcess.start(
            new ProcessSpec(
                "kv-registry",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx192m",
                    "-jar",
                    jar.toAbsolutePath().toString(),
                    "--server.port=" + port,
                    "--spring.data.redis.host=127.0.0.1",
                    "--spring.data.redis.port=" + redis.port(),
                    "--spring.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                    "--spring.kafka.consumer.auto-offset-reset=earliest",
                    "--baton.registry.lanes.ttl=1h"),
                Map.of(),
                directory,
                directory.resolve("registry.log"),
                Duration.ofSeconds(10)));
    registry.awaitReady(
        () -> call("GET", "/actuator/health/readiness", new byte[0]).statusCode() == 200,
        Duration.ofSeconds(120));
    producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", kafka.bootstrapServers(), "linger.ms", 5),
            new StringSerializer(),
            new ByteArraySerializer());
  }

  public static void main(String[] args) throws Exception {
    int blocks = args.length > 1 ? Integer.parseInt(args[1]) : 5_000_000;
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 30;
    RegistryBench bench = new RegistryBench(Path.of(args[0]));
    try {
      bench.run(blocks, seconds);
    } finally {
      bench.close();
    }
  }

  private void run(int blocks, int seconds) throws Exception {
    for (int i = 0; i < WORKERS; i++) {
      lanes.add(register("worker-" + i));
    }
    long emptyBytes = info("used_memory");
    ingest(
        "the shared blocks",
        () -> {
          long events = 0;
          for (int worker = 0; worker < WORKERS; worker++) {
            events += store(worker, 0, 0, SHARED);
          }
          return events;
        });
    long otherKeys = redisNumber("DBSIZE") - SHARED;
    int prompts = (blocks - LONG_PROMPTS * LONG_PROMPT) / (PROMPT - SHARED);
    ingest(
        "stored",
        () -> {
          long events = 0;
          for (int prompt = 0; prompt < prompts; prompt++) {
            for (int worker : holders(prompt)) {
              events += store(worker, prompt, SHARED, PROMPT);
            }
          }
          for (int prompt = 0; prompt < LONG_PROMPTS; prompt++) {
            for (int worker : holders(longPrompt(prompt))) {
              events += store(worker, longPrompt(prompt), 0, LONG_PROMPT);
            }
          }
          return events;
        });
    long resident = redisNumber("DBSIZE") - otherKeys;
    System.out.printf(
        "%,d resident blocks: %.1f bytes each in Redis; its resident set is %,d MiB%n",
        resident,
        (double) (info("used_memory") - emptyBytes) / resident,
        info("used_memory_rss") >> 20);
    ingest(
        "dropped and stored again",
        () -> {
          long events = 0;
          for (int prompt = 0; prompt < Math.min(prompts, 4000); prompt++) {
            int worker = holders(prompt)[0];
            events += drop(worker, prompt, SHARED, PROMPT);
            events += store(worker, prompt, SHARED, PROMPT);
          }
          return events;
        });

    IntFunction<Query> known = _ -> query(random.nextInt(prompts), PROMPT);
    IntFunction<Query> longOnes = i -> query(longPrompt(i % LONG_PROMPTS), LONG_PROMPT);
    IntFunction<Query> empty = _ -> new Query(BlockHashes.EMPTY, Map.of());
    ask("warm-up", 20, 5, known);
    ask("warm-up", 100, 10, known);
    ask("warm-up", 300, 20, known);
    ask("375 blocks", 500, seconds, known);
    ask("no block, only HTTP and leases", 500, seconds, empty);
    ask("warm-up", 10, 10, longOnes);
    ask("6,250 blocks", 20, seconds, longOnes);
    Thread more = Thread.ofPlatform().daemon().start(() -> storeAgain(prompts));
    ask("375 blocks beside 20,000 block events/s", 500, seconds, known);
    more.interrupt();
    more.join();
    command("DEL baton:lane:0 baton:lane:1");
    ask(
        "375 blocks, two workers dead, swept from the 30th second on",
        500,
        60,
        i -> {
          Query query = known.apply(i);
          query.expected().keySet().removeAll(List.of(0, 1));
          return query;
        });
  }

  private void storeAgain(int prompts) {
    SplittableRandom choice = new SplittableRandom(2);
    long due = System.nanoTime();
    while (!Thread.currentThread().isInterrupted()) {
      int prompt = choice.nextInt(prompts);
      due += 50_000 * store(holders(prompt)[0], prompt, SHARED, PROMPT);
      LockSupport.parkNanos(due - System.nanoTime());
    }
  }

  private interface Publishing {
    /** Returns how many block events it published. */
    long run();
  }

  /** Publishes, and waits until Redis has all of it. */
  private void ingest(String what, Publishing publishing) throws Exception {
    Cpu before = cpu();
    long start = System.nanoTime();
    long events = publishing.run();
    producer.flush();
    double published = (System.nanoTime() - start) / 1e9;
    for (int worker = 0; worker < WORKERS; worker++) {
      int lane = lanes.get(worker).lane().number();
      while (redisNumber("HGET baton:residency:" + lane + " sequence") < sequences[worker]) {
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        "%s: %,d block events in %.1f s (published in %.1f s): %,.0f block events/s;"
            + " CPU a thousand: %s; load %.1f%n",
        what,
        events,
        seconds,
        published,
        events / seconds,
        cpu().since(before).dividedBy(events / 1000.0),
        load());
  }

  private long store(int worker, int prompt, int from, int to) {
    for (int block = from; block < to; block += EVENT_BLOCKS) {
      BlockHashes hashes = hashes(prompt, block, Math.min(to, block + EVENT_BLOCKS));
      publish(new KvEvent.Stored(KvEvent.VERSION, lanes.get(worker), ++sequences[worker], hashes));
    }
    return to - from;
  }

  private long drop(int worker, int prompt, int from, int to) {
    for (int block = from; block < to; block += EVENT_BLOCKS) {
      BlockHashes hashes = hashes(prompt, block, Math.min(to, block + EVENT_BLOCKS));
      publish(new KvEvent.Dropped(KvEvent.VERSION, lanes.get(worker), ++sequences[worker], hashes));
    }
    return to - from;
  }

  private void publish(KvEvent event) {
    producer.send(
        new ProducerRecord<>(
            Topics.KV_EVENTS, event.source().worker().value(), WireCodec.toCbor(event)));
  }

  private static int[] holders(int prompt) {
    int first = Math.floorMod(prompt * 31, WORKERS);
    return prompt % 2 == 0 ? new int[] {first, (first + 17) % WORKERS} : new int[] {first};
  }

  /** Long prompts share nothing. */
  private static int longPrompt(int number) {
    return -2 - number;
  }

  /** Pseudo-random and the same each time, so that nothing has to be remembered. */
  private static BlockHash hash(int prompt, int block) {
    SplittableRandom bits = new SplittableRandom(((long) prompt << 32) ^ block);
    return new BlockHash(bits.nextLong(), bits.nextLong());
  }

  private static BlockHashes hashes(int prompt, int from, int to) {
    BlockHash[] hashes = new BlockHash[to - from];
    for (int block = from; block < to; block++) {
      hashes[block - from] = hash(prompt >= 0 && block < SHARED ? -1 : prompt, block);
    }
    return BlockHashes.of(List.of(hashes));
  }

  private record Query(BlockHashes hashes, Map<Integer, Integer> expected) {}

  /** A known prompt; half of them go their own way from some block on. */
  private Query query(int prompt, int size) {
    int same = random.nextBoolean() ? size : random.nextInt(size);
    List<BlockHash> all = new ArrayList<>(hashes(prompt, 0, size).toList());
    for (int block = same; block < size; block++) {
      all.set(block, new BlockHash(random.nextLong(), random.nextLong()));
    }
    Map<Integer, Integer> expected = new HashMap<>();
    if (same > 0) {
      if (prompt >= 0) {
        lanes.forEach(lane -> expected.put(lane.lane().number(), Math.min(same, SHARED)));
      }
      for (int worker : holders(prompt)) {
        expected.put(lanes.get(worker).lane().number(), same);
      }
    }
    return new Query(BlockHashes.of(all), expected);
  }

  private void ask(String what, int rate, int seconds, IntFunction<Query> queries)
      throws Exception {
    RegistryClient client =
        new RegistryClient(
            WebClient.builder(),
            new RegistryProperties(
                url, Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(60)),
            CircuitBreakerRegistry.ofDefaults());
    Cpu before = cpu();
    int count = rate * seconds;
    long[] nanos = new long[count];
    AtomicInteger wrong = new AtomicInteger();
    AtomicInteger unanswered = new AtomicInteger();
    CountDownLatch open = new CountDownLatch(count);
    long start = System.nanoTime() + 100_000_000;
    for (int i = 0; i < count; i++) {
      Query query = queries.apply(i);
      long due = start + i * 1_000_000_000L / rate;
      while (due - System.nanoTime() > 0) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
      int number = i;
      client
          .longestPrefix(query.hashes())
          .map(PrefixMatches::blocks)
          .map(Optional::of)
          .defaultIfEmpty(Optional.empty())
          .subscribe(answer -> {
            nanos[number] = System.nanoTime() - due;
            if (answer.isEmpty()) {
              unanswered.incrementAndGet();
            } else if (!answer.get().equals(query.expected())) {
              wrong.incrementAndGet();
            }
            open.countDown();
          });
    }
    if (!open.await(30, TimeUnit.SECONDS)) {
      throw new IllegalStateException(open.getCount() + " queries never ended");
    }
    Arrays.sort(nanos);
    System.out.printf(
        "%s, %d queries/s: p50 %.2f ms, p90 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, max %.1f ms;"
            + " %d wrong, %d unanswered of %d; CPU a query: %s; load %.1f%n",
        what,
        rate,
        nanos[count / 2] / 1e6,
        nanos[count * 9 / 10] / 1e6,
        nanos[count * 99 / 100] / 1e6,
        nanos[(int) (count * 999L / 1000)] / 1e6,
        nanos[count - 1] / 1e6,
        wrong.get(),
        unanswered.get(),
        count,
        cpu().since(before).dividedBy(count),
        load());
  }

  /** CPU time in nanoseconds of the processes on a query's way. */
  private record Cpu(double client, double registry, double redis) {
    Cpu since(Cpu before) {
      return new Cpu(client - before.client, registry - before.registry, redis - before.redis);
    }

    Cpu dividedBy(double count) {
      return new Cpu(client / count, registry / count, redis / count);
    }

    @Override
    public String toString() {
      return "client %.2f, registry %.2f, Redis %.2f ms"
          .formatted(client / 1e6, registry / 1e6, redis / 1e6);
    }
  }

  private Cpu cpu() {
    return new Cpu(
        cpuOf(ProcessHandle.current().pid()), cpuOf(registry.pid()), cpuOf(redis.process().pid()));
  }

  private static double cpuOf(long pid) {
    return ProcessHandle.of(pid)
        .flatMap(process -> process.info().totalCpuDuration())
        .orElseThrow()
        .toNanos();
  }

  private static double load() {
    return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
  }

  private LaneRef register(String worker) throws IOException {
    WorkerRegistration registration =
        new WorkerRegistration(
            WorkerRegistration.VERSION,
            new WorkerId(worker),
            Role.DECODE,
            "m",
            new ModelFingerprint("00112233445566778899aabbccddeeff"),
            new KvLayout(1, 1, 16, 8, KvDtype.F32),
            URI.create("http://localhost:1"),
            new KvEndpoint("localhost", 1),
            1000,
            4096,
            Optional.empty());
    byte[] reply = call("POST", "/internal/v1/workers", WireCodec.toJson(registration)).body();
    LaneGrant grant = WireCodec.fromJson(reply, LaneGrant.class);
    return new LaneRef(grant.worker(), grant.lane(), grant.epoch());
  }

  private HttpResponse<byte[]> call(String method, String path, byte[] body) throws IOException {
    try {
      return http.send(
          HttpRequest.newBuilder(url.resolve(path))
              .timeout(Duration.ofSeconds(10))
              .header("Content-Type", "application/json")
              .method(method, HttpRequest.BodyPublishers.ofByteArray(body))
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private long info(String field) throws IOException {
    for (String line : command("INFO memory").split("\r\n")) {
      if (line.startsWith(field + ":")) {
        return Long.parseLong(line.substring(field.length() + 1));
      }
    }
    throw new IllegalStateException("Redis says nothing of " + field);
  }

  /** The number that Redis answers, as an integer or as text; 0 where there is none. */
  private long redisNumber(String command) throws IOException {
    String[] lines = command(command).split("\r\n");
    String last = lines[lines.length - 1];
    return last.startsWith("$") ? 0 : Long.parseLong(last.replaceFirst("^:", ""));
  }

  private String command(String command) throws IOException {
    try (Socket socket = new Socket(redis.host(), redis.port())) {
      socket
          .getOutputStream()
          .write((command + "\r\nQUIT\r\n").getBytes(StandardCharsets.US_ASCII));
      String replies =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
      return replies.substring(0, replies.length() - "+OK\r\n".length());
    }
  }

  private void close() {
    producer.close();
    registry.close();
    redis.close();
    kafka.close();
    http.close();
    scratch.delete();
  }
}
