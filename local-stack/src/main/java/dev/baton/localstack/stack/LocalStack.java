package dev.baton.localstack.stack;

import dev.baton.contracts.Topics;
import dev.baton.localstack.process.Ports;
import dev.baton.localstack.process.ProcessTree;
import dev.baton.localstack.process.Scratch;
import dev.baton.localstack.servers.KafkaBroker;
import dev.baton.localstack.servers.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole platform on this machine: a real Kafka, a real Redis and the five services, each a
 * process of its own. {@link #start} returns when all of them can serve, {@link #close} when none
 * is left; should this JVM die, the kernel kills them.
 *
 * <p>Methods may be called from any thread.
 */
public final class LocalStack implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LocalStack.class);
  private static final Duration READY_DEADLINE = Duration.ofSeconds(240);
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");
  private static final long SHARED_MEMORY_NEEDED = 2L << 30;
  private static final String KAFKA = "kafka";
  private static final String REDIS = "redis";

  private final StackSpec spec;
  private final StackLock lock;
  private final Scratch kvPools;
  private final StackBoard board;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final List<ServiceHandle> services = new CopyOnWriteArrayList<>();
  private final int routerPort;
  private final int registryPort = Ports.free();
  private @Nullable KafkaBroker kafka;
  private @Nullable RedisServer redis;
  private boolean closed;

  private LocalStack(StackSpec spec, StackLock lock, StackListener listener) {
    this.spec = spec;
    this.lock = lock;
    this.kvPools =
        Scratch.createIn(
            SHARED_MEMORY.toFile().getUsableSpace() >= SHARED_MEMORY_NEEDED
                ? SHARED_MEMORY
                : spec.directory().resolve("run"),
            "kv");
    this.routerPort = Ports.orFree(spec.routerPort());
    List<String> components = new ArrayList<>(List.of(KAFKA, REDIS));
    plan().forEach(service -> components.add(service.name()));
    this.board =
        new StackBoard(
            spec.directory(), components, routerUri().toString(), kvPools.directory(), listener);
  }

  /** Starts with nobody listening. */
  public static LocalStack start(StackSpec spec) {
    return start(spec, StackListener.SILENT);
  }

  /**
   * Starts every component and waits until all can serve. An interrupt ends the attempt.
   *
   * @throws AlreadyRunningException when the spec's directory is in use
   * @throws dev.baton.localstack.process.StartFailedException when a component fails; nothing is
   *     left running then
   */
  public static LocalStack start(StackSpec spec, StackListener listener) {
    StackLock lock = StackLock.acquire(spec.directory());
    LocalStack stack = new LocalStack(spec, lock, listener);
    try {
      stack.startAll();
      return stack;
    } catch (RuntimeException e) {
      stack.close();
      throw e;
    }
  }

  /** Whether some process, this one included, runs a stack in {@code directory}. */
  public static boolean isRunning(Path directory) {
    return StackLock.isHeld(directory);
  }

  /** A service to start: its kind, name and, for a worker, role. */
  private record Planned(ServiceKind kind, String name, String role) {}

  private List<Planned> plan() {
    List<Planned> planned = new ArrayList<>();
    planned.add(new Planned(ServiceKind.REGISTRY, ServiceKind.REGISTRY.label(), ""));
    for (int i = 1; i <= spec.prefillWorkers(); i++) {
      planned.add(worker(WorkerRole.PREFILL, i));
    }
    for (int i = 1; i <= spec.decodeWorkers(); i++) {
      planned.add(worker(WorkerRole.DECODE, i));
    }
    for (int i = 1; i <= spec.bothWorkers(); i++) {
      planned.add(worker(WorkerRole.BOTH, i));
    }
    planned.add(new Planned(ServiceKind.ROUTER, ServiceKind.ROUTER.label(), ""));
    planned.add(new Planned(ServiceKind.AUTOSCALER, ServiceKind.AUTOSCALER.label(), ""));
    return List.copyOf(planned);
  }

  private static Planned worker(WorkerRole role, int number) {
    return new Planned(role.kind(), role.label() + "-" + number, role.label());
  }

  private void startAll() {
    board.write();
    new Scratch(spec.directory().resolve("logs")).delete();
    prepareImages();
    Parallel.run(List.of(this::startKafka, this::startRedis));
    plan().forEach(planned -> services.add(handle(planned)));
    services.forEach(ServiceHandle::start);
    Parallel.run(
        services.stream()
            .<Runnable>map(service -> () -> service.awaitReady(READY_DEADLINE))
            .toList());
    board.setReady(true);
  }

  /** Two at a time: training an image keeps a core busy for some seconds. */
  private void prepareImages() {
    ServiceArguments training = ServiceArguments.forTraining(spec, kvPools.directory());
    Map<ServiceKind, Planned> firstOfKind = new EnumMap<>(ServiceKind.class);
    plan().forEach(planned -> firstOfKind.putIfAbsent(planned.kind(), planned));
    List<Planned> stale =
        firstOfKind.values().stream()
            .filter(planned -> !ServiceImage.of(spec.home(), planned.kind()).isFresh())
            .toList();
    for (int i = 0; i < stale.size(); i += 2) {
      Parallel.run(
          stale.subList(i, Math.min(i + 2, stale.size())).stream()
              .<Runnable>map(planned -> () -> prepare(planned, training))
              .toList());
    }
  }

  private void prepare(Planned planned, ServiceArguments training) {
    board.set(planned.name(), ComponentStatus.State.PREPARING);
    ServiceImage.of(spec.home(), planned.kind())
        .prepare(training.of(planned.kind(), planned.name(), planned.role(), 0));
    board.set(planned.name(), ComponentStatus.State.WAITING);
  }

  private void startKafka() {
    KafkaBroker broker =
        KafkaBroker.launch(
            new KafkaBroker.Settings(
                spec.directory().resolve("kafka"),
                spec.directory().resolve("logs/kafka.log"),
                0,
                KafkaBroker.Settings.SMALL_JVM));
    kafka = broker;
    board.starting(KAFKA, broker.process(), broker.port());
    broker.awaitReady(READY_DEADLINE);
    broker.createTopics(Topics.partitions());
    board.set(KAFKA, ComponentStatus.State.READY);
  }

  private void startRedis() {
    RedisServer server =
        RedisServer.launch(
            new RedisServer.Settings(
                spec.directory().resolve("redis"), spec.directory().resolve("logs/redis.log"), 0));
    redis = server;
    board.starting(REDIS, server.process(), server.port());
    server.awaitReady(READY_DEADLINE);
    board.set(REDIS, ComponentStatus.State.READY);
  }

  private ServiceHandle handle(Planned planned) {
    int port =
        switch (planned.kind()) {
          case ROUTER -> routerPort;
          case REGISTRY -> registryPort;
          case PREFILL, DECODE, AUTOSCALER -> Ports.free();
        };
    ServiceArguments arguments =
        new ServiceArguments(
            spec,
            kafka().bootstrapServers(),
            redis().port(),
            "http://127.0.0.1:" + registryPort,
            kvPools.directory());
    List<String> command =
        new ArrayList<>(ServiceImage.of(spec.home(), planned.kind()).command(spec.jvmOptions()));
    command.addAll(arguments.of(planned.kind(), planned.name(), planned.role(), port));
    return new ServiceHandle(planned.kind(), planned.name(), port, command, spec, board, http);
  }

  /** Starts one more worker of the role and waits until it can serve. */
  public ServiceHandle addWorker(WorkerRole role) {
    ServiceHandle added;
    synchronized (this) {
      int number =
          (int) services.stream().filter(s -> s.name().startsWith(role.label())).count() + 1;
      Planned planned = worker(role, number);
      board.add(planned.name());
      added = handle(planned);
      services.add(added);
    }
    added.start();
    added.awaitReady(READY_DEADLINE);
    return added;
  }

  public URI routerUri() {
    return URI.create("http://127.0.0.1:" + routerPort);
  }

  /**
   * The service of that name, as in {@code decode-2}.
   *
   * @throws IllegalArgumentException when there is none
   */
  public ServiceHandle service(String name) {
    return services.stream()
        .filter(service -> service.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no service " + name));
  }

  public List<ServiceHandle> services() {
    return List.copyOf(services);
  }

  public List<ServiceHandle> services(ServiceKind kind) {
    return services.stream().filter(service -> service.kind() == kind).toList();
  }

  public KafkaBroker kafka() {
    return Objects.requireNonNull(kafka, "kafka has not been started");
  }

  public RedisServer redis() {
    return Objects.requireNonNull(redis, "redis has not been started");
  }

  public StackSpec spec() {
    return spec;
  }

  /**
   * Resident memory of the stack's processes, without this JVM; shared pages count more than once.
   */
  public long residentBytes() {
    long own = ProcessTree.residentBytesOf(ProcessHandle.current().pid());
    return ProcessTree.residentBytes(ProcessHandle.current().pid()) - own;
  }

  /** Stops what still runs, callers before callees, and deletes the state file. Idempotent. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    // Stopping takes waits of its own, which an interrupt that ended the start must not cut short.
    boolean interrupted = Thread.interrupted();
    try {
      closeAll();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void closeAll() {
    board.setReady(false);
    closeServices(ServiceKind.ROUTER, ServiceKind.AUTOSCALER);
    closeServices(ServiceKind.PREFILL, ServiceKind.DECODE);
    closeServices(ServiceKind.REGISTRY);
    KafkaBroker broker = kafka;
    RedisServer server = redis;
    Parallel.run(List.of(() -> closeQuietly(KAFKA, broker), () -> closeQuietly(REDIS, server)));
    kvPools.delete();
    StackState.delete(spec.directory());
    lock.close();
  }

  private void closeServices(ServiceKind... kinds) {
    Parallel.run(
        services.stream()
            .filter(service -> List.of(kinds).contains(service.kind()))
            .<Runnable>map(service -> () -> closeQuietly(service.name(), service))
            .toList());
  }

  /** One component that fails to stop must not keep the others from stopping. */
  private void closeQuietly(String name, @Nullable AutoCloseable component) {
    if (component == null) {
      return;
    }
    try {
      component.close();
      board.set(name, ComponentStatus.State.STOPPED);
    } catch (Exception e) {
      log.error("cannot stop {}", name, e);
    }
  }
}
