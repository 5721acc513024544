package dev.baton.decode.generation;

import dev.baton.contracts.Role;
import dev.baton.contracts.WorkerId;
import dev.baton.engine.EngineConfig;
import dev.baton.engine.NativeEngine;
import dev.baton.kvtransfer.TransferInterceptor;
import dev.baton.kvtransfer.TransferObserver;
import dev.baton.worker.residency.ResidencyPublisher;
import dev.baton.worker.runtime.WorkerRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;

/** Workers with the real engine on a tiny model. */
final class Workers {
  private static final Path MODEL = Path.of("../engine/golden/gqa-tied");

  private Workers() {}

  static WorkerRuntime start(String id, Path pool, TransferInterceptor interceptor)
      throws IOException {
    return start(
        id,
        new EngineConfig(MODEL, "cpu", 1, 200, pool, 64, 8),
        interceptor,
        TransferObserver.NONE);
  }

  static WorkerRuntime start(
      String id, EngineConfig engine, TransferInterceptor interceptor, TransferObserver observer)
      throws IOException {
    return WorkerRuntime.start(
        new WorkerRuntime.Settings(
            new WorkerId(id),
            Role.BOTH,
            "127.0.0.1",
            0,
            engine.maxTokensPerStep(),
            engine.maxSequences(),
            Duration.ofSeconds(30)),
        NativeEngine.open(engine),
        new ResidencyPublisher(_ -> {}),
        interceptor,
        observer,
        Clock.systemUTC());
  }
}
