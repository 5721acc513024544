package dev.baton.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.baton.contracts.KvDtype;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What only the CPU backend has: threads, instruction sets, a pool in a file. */
class CpuBackendTest {
  private static final Path MODEL = GoldenModel.named("gqa-tied").directory();

  @TempDir Path folder;

  private EngineConfig config() {
    return config(1, folder.resolve("pool"));
  }

  private static EngineConfig config(int threads, Path pool) {
    return new EngineConfig(MODEL, "cpu", threads, 8, pool, 16, 16);
  }

  @Test
  void anEngineWithoutThreadsIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NativeEngine.open(config(0, folder.resolve("pool"))).close())
        .withMessageContaining("threads");
  }

  @Test
  void aPoolThatCannotBeMadeNamesItsFile() {
    Path file = folder.resolve("file");
    Path pool = file.resolve("pool");
    assertThatThrownBy(
            () -> {
              Files.writeString(file, "in the way");
              NativeEngine.open(config(1, pool)).close();
            })
        .isInstanceOf(EngineException.class)
        .hasMessageContaining(pool.toString());
  }

  @Test
  void typesThatTheBackendDoesNotKeepAreRefused() {
    EngineConfig good = config();
    for (EngineConfig bad :
        List.of(
            good.on(0, WeightDtype.E4M3, KvDtype.BF16),
            good.on(0, WeightDtype.BF16, KvDtype.E4M3),
            good.on(0, WeightDtype.BF16, KvDtype.F32))) {
      assertThatThrownBy(() -> NativeEngine.open(bad).close())
          .isInstanceOf(EngineUnavailableException.class)
          .hasMessageContaining("BF16 on a CPU");
    }
    assertThat(good.kvPoolFile()).doesNotExist();
  }

  @Test
  void anInstructionSetThatDoesNotExistIsRefused() throws Exception {
    assertThatThrownBy(() -> NativeEngine.open(config(), "mmx").close())
        .isInstanceOf(EngineUnavailableException.class)
        .hasMessageContaining("mmx");
    try (var files = Files.list(folder)) {
      assertThat(files).as("no KV pool is left behind").isEmpty();
    }
  }

  @Test
  void thePoolIsAFileUntilTheEngineCloses() throws Exception {
    EngineConfig config = config();
    try (Engine engine = NativeEngine.open(config)) {
      long bytes = engine.kvLayout().blockBytes() * 8;
      assertThat(engine.kvMemory())
          .isInstanceOfSatisfying(
              KvMemory.Host.class,
              host -> {
                assertThat(host.file()).isEqualTo(config.kvPoolFile());
                assertThat(host.segment().byteSize()).isEqualTo(bytes);
              });
      assertThat(Files.size(config.kvPoolFile())).isEqualTo(bytes);
    }
    assertThat(config.kvPoolFile()).doesNotExist();
  }

  @Test
  void aStalePoolFileIsReplaced() throws Exception {
    EngineConfig config = config();
    Files.writeString(config.kvPoolFile(), "left by a process that was killed");
    try (NativeEngine engine = NativeEngine.open(config)) {
      assertThat(Files.size(config.kvPoolFile())).isEqualTo(engine.kvLayout().blockBytes() * 8);
    }
  }
}
