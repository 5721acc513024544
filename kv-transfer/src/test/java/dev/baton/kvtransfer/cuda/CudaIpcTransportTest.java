package dev.baton.kvtransfer.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerId;
import dev.baton.kvtransfer.Deadline;
import dev.baton.kvtransfer.DeviceKvPool;
import dev.baton.kvtransfer.DeviceMemory;
import dev.baton.kvtransfer.FileDeviceMemory;
import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.BlockReader;
import dev.baton.kvtransfer.transport.BlockWindows;
import dev.baton.kvtransfer.transport.HostIdentity;
import dev.baton.kvtransfer.transport.RemotePool;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.wire.PayloadWriter;
import java.lang.foreign.Arena;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may attach to a device's memory, and what becomes of it. */
final class CudaIpcTransportTest {
  private static final RemotePool REMOTE =
      new RemotePool(
          new LaneRef(new WorkerId("holder"), new Lane(0), new Epoch(1)),
          new KvEndpoint("127.0.0.1", 1),
          1024,
          4);

  @TempDir Path folder;
  private final Arena arena = Arena.ofShared();
  private final Timers timers = new Timers();
  private FileDeviceMemory mine;
  private FileDeviceMemory theirs;
  private CudaIpcTransport transport;

  @BeforeEach
  void open() throws Exception {
    mine = new FileDeviceMemory(HostKvPool.create(folder.resolve("mine"), 1024, 4, arena));
    theirs = new FileDeviceMemory(HostKvPool.create(folder.resolve("theirs"), 1024, 4, arena));
    transport = open(mine.asPool());
  }

  @AfterEach
  void close() {
    transport.close();
    timers.close();
    arena.close();
  }

  @Test
  void attachesOnTheSameHostAndUnmapsWhenItIsAborted() throws Exception {
    try (CudaIpcTransport holder = open(theirs.asPool())) {
      BlockReader reader = attach(holder.advert());
      assertThat(mine.mappings()).isEqualTo(1);
      reader.abort("gone");
      reader.abort("gone again");
    }
    assertThat(mine.mappings()).isZero();
  }

  @Test
  void refusesAnotherHost() {
    byte[] advert = new PayloadWriter().text("another boot").bytes(theirs.export()).payload();
    assertThatExceptionOfType(AttachException.class)
        .isThrownBy(() -> attach(advert))
        .withMessage("the holder is on another host");
  }

  @Test
  void refusesWhatItCannotRead() {
    for (byte[] advert : new byte[][] {{}, {1, 2, 3}, {127, -1, -1, -1, 0}}) {
      assertThatExceptionOfType(AttachException.class)
          .isThrownBy(() -> attach(advert))
          .withMessageContaining("unreadable advert");
    }
  }

  @Test
  void saysWhyTheDeviceCannotMapThePool() throws Exception {
    byte[] nowhere = folder.resolve("nowhere").toString().getBytes("UTF-8");
    byte[] advert = new PayloadWriter().text(HostIdentity.read()).bytes(nowhere).payload();
    assertThatExceptionOfType(AttachException.class)
        .isThrownBy(() -> attach(advert))
        .withMessageContaining("cannot be mapped");
    assertThatExceptionOfType(AttachException.class)
        .isThrownBy(() -> attach(transport.advert()))
        .withMessageContaining("this very process");
  }

  @Test
  void saysWhyTheDeviceCannotShareItsMemory() {
    DeviceMemory closed =
        (DeviceMemory)
            Proxy.newProxyInstance(
                DeviceMemory.class.getClassLoader(),
                new Class<?>[] {DeviceMemory.class},
                (_, _, _) -> {
                  throw new IllegalStateException("the engine is closed");
                });
    assertThatExceptionOfType(AttachException.class)
        .isThrownBy(() -> open(new DeviceKvPool(closed, 1024, 4)))
        .withMessage("the device cannot share its memory: the engine is closed");
  }

  private CudaIpcTransport open(DeviceKvPool pool) throws Exception {
    return CudaIpcTransport.open(pool, new BlockWindows(pool), 1, timers);
  }

  private BlockReader attach(byte[] advert) throws AttachException {
    return transport.attach(REMOTE, advert, Deadline.after(Duration.ofSeconds(5)));
  }
}
