package dev.baton.worker.boot;

import dev.baton.contracts.KvDtype;
import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.WeightDtype;
import dev.baton.worker.tiers.CacheSettings;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How a worker runs.
 *
 * @param id name of the worker, kept over restarts; the host's name by default
 * @param role which tier it belongs to, or both of them
 * @param modelDirectory a Hugging Face model directory
 * @param model name that clients use for the model; the directory's name by default
 * @param backend native backend, {@code cpu} or {@code cuda}
 * @param device ordinal of the accelerator; there is one on most workers
 * @param weightDtype how the layers' matrices are kept
 * @param kvDtype elements of the KV pool; workers exchange blocks of equal elements only
 * @param threads compute threads; all processors by default
 * @param kvBlocks blocks of the KV pool
 * @param kvPoolDirectory where the pool's file is made; shared memory where there is such a file
 *     system
 * @param maxTokensPerStep most tokens of one mixed batch, which also is the longest prefill chunk
 * @param maxSequences most sequences that run at a time
 * @param advertisedHost how peers and router reach this worker, also what the KV plane binds to
 * @param kvPort port of the KV plane, 0 for any free one
 * @param leaseTtl life of a KV lease without renewal
 * @param tenantShare of the pool, beyond which cached blocks of a tenant go before others'
 * @param tiers where blocks are kept beside the pool
 * @param drainTimeout how long a worker that stops goes on for what it has accepted
 * @param fault switches for fault tests
 */
@ConfigurationProperties("baton.worker")
public record WorkerProperties(
    @Nullable String id,
    @DefaultValue("both") Role role,
    Path modelDirectory,
    @Nullable String model,
    @DefaultValue("cpu") String backend,
    @DefaultValue("0") int device,
    @DefaultValue("bf16") WeightDtype weightDtype,
    @DefaultValue("bf16") KvDtype kvDtype,
    @DefaultValue("0") int threads,
    @DefaultValue("2048") int kvBlocks,
    @Nullable Path kvPoolDirectory,
    @DefaultValue("512") int maxTokensPerStep,
    @DefaultValue("32") int maxSequences,
    @Nullable String advertisedHost,
    @DefaultValue("0") int kvPort,
    @DefaultValue("30s") Duration leaseTtl,
    @DefaultValue("1") double tenantShare,
    @DefaultValue Tiers tiers,
    @DefaultValue("10s") Duration drainTimeout,
    @DefaultValue Fault fault) {
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  /**
   * Tiers behind the pool.
   *
   * @param hostCapacity of the host's memory, pinned where the pool is a device's; 0: no such tier
   * @param diskDirectory where each worker makes a directory of its own; absent: no such tier
   * @param diskCapacity of the files there
   * @param readTimeout longest time to read a prefix back before it is computed
   */
  public record Tiers(
      @DefaultValue("0B") DataSize hostCapacity,
      @Nullable Path diskDirectory,
      @DefaultValue("16GB") DataSize diskCapacity,
      @DefaultValue("2s") Duration readTimeout) {
    public Tiers {
      require(!hostCapacity.isNegative(), "tiers.host-capacity must not be negative");
      require(!diskCapacity.isNegative(), "tiers.disk-capacity must not be negative");
      require(readTimeout.isPositive(), "tiers.read-timeout must be positive");
    }
  }

  /**
   * @param enabled offers {@code /internal/v1/faults}; never in production
   */
  public record Fault(@DefaultValue("false") boolean enabled) {}

  public WorkerProperties {
    Objects.requireNonNull(
        modelDirectory, "baton.worker.model-directory must name a model directory");
    require(device >= 0, "device must not be negative");
    require(threads >= 0, "threads must not be negative");
    require(kvBlocks >= 1, "kv-blocks must be at least 1");
    require(tenantShare > 0 && tenantShare <= 1, "tenant-share must be above 0 and at most 1");
    require(leaseTtl.isPositive(), "lease-ttl must be positive");
    require(kvPort >= 0 && kvPort <= 65535, "kv-port must be 0 to 65535");
  }

  WorkerId workerId() {
    return new WorkerId(id == null || id.isBlank() ? localHost().getHostName() : id);
  }

  String modelName() {
    return model != null ? model : modelDirectory.toAbsolutePath().getFileName().toString();
  }

  String host() {
    return advertisedHost != null ? advertisedHost : localHost().getHostAddress();
  }

  int computeThreads() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  Path kvPoolFile() {
    Path temporary =
        Files.isWritable(SHARED_MEMORY)
            ? SHARED_MEMORY
            : Path.of(System.getProperty("java.io.tmpdir"));
    Path directory = kvPoolDirectory != null ? kvPoolDirectory : temporary;
    return directory.resolve("baton-kv-" + fileName() + ".pool");
  }

  CacheSettings cacheSettings() {
    Path directory = tiers.diskDirectory();
    return new CacheSettings(
        tenantShare,
        tiers.hostCapacity().toBytes(),
        directory == null ? null : directory.resolve("baton-kv-" + fileName()),
        tiers.diskCapacity().toBytes(),
        tiers.readTimeout());
  }

  private String fileName() {
    return workerId().value().replaceAll("[^A-Za-z0-9._-]", "_");
  }

  private static InetAddress localHost() {
    try {
      return InetAddress.getLocalHost();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "this host does not know its own name: set baton.worker.id and"
              + " baton.worker.advertised-host",
          e);
    }
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException("baton.worker: " + message);
    }
  }
}
