package dev.baton.worker.tiers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.BlockHash;
import dev.baton.contracts.KvDtype;
import dev.baton.contracts.KvLayout;
import dev.baton.contracts.ModelFingerprint;
import dev.baton.kvtransfer.BlockDigest;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is killed while it writes leaves good blocks only. */
class KilledWorkerTest {
  private static final KvLayout LAYOUT = new KvLayout(4, 8, 16, 64, KvDtype.BF16);
  private static final int NAMES = 64;
  private static final ModelFingerprint MODEL =
      new ModelFingerprint("00112233445566778899aabbccddeeff");

  @TempDir Path folder;

  private static CacheTier open(Path folder) throws IOException {
    return new CacheTier("disk", new DiskSlots(folder, new SegmentHeader(MODEL, LAYOUT, 4), 8));
  }

  private static BlockHash hash(int i) {
    return new BlockHash(i, ~i);
  }

  private static MemorySegment block(int i) {
    byte[] bytes = new byte[(int) LAYOUT.blockBytes()];
    new Random(i).nextBytes(bytes);
    return Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
  }

  /** Stores more blocks than there is room for, over and over. */
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws IOException {
      MemorySegment[] blocks = new MemorySegment[NAMES];
      for (int i = 0; i < NAMES; i++) {
        blocks[i] = block(i);
      }
      try (CacheTier tier = open(Path.of(arguments[0]))) {
        Random random = new Random();
        for (long round = 0; ; round++) {
          int i = random.nextInt(NAMES);
          tier.store(hash(i), BlockDigest.of(blocks[i]), blocks[i]);
          if (round == 100) {
            System.out.println("writing");
          }
        }
      }
    }
  }

  @Test
  void whatAKilledProcessHadWrittenIsFoundAndGood() throws Exception {
    for (int kill = 0; kill < 3; kill++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  folder.toString())
              .redirectErrorStream(true)
              .start();
      try (var output = writer.inputReader()) {
        String line = output.readLine();
        while (line != null && !line.equals("writing")) {
          line = output.readLine();
        }
        assertThat(line).isEqualTo("writing");
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(new Random().nextInt(50)));
        writer.destroyForcibly();
        assertThat(writer.waitFor(10, TimeUnit.SECONDS)).isTrue();
      }
      try (CacheTier tier = open(folder)) {
        // All slots were full; the one being overwritten is the only one that may be lost.
        int found = tier.stats().blocks();
        assertThat(found).isBetween(31, 32);
        MemorySegment into = Arena.ofAuto().allocate(LAYOUT.blockBytes());
        int good = 0;
        for (int i = 0; i < NAMES; i++) {
          if (tier.read(hash(i), into).isPresent()) {
            assertThat(into.mismatch(block(i))).isEqualTo(-1);
            good++;
          }
        }
        assertThat(good).isEqualTo(found);
        assertThat(tier.stats().corrupt()).isZero();
      }
    }
  }
}
