package dev.baton.kvtransfer.ucx;

import dev.baton.kvtransfer.HostKvPool;
import dev.baton.kvtransfer.KvPlaneConfig;
import dev.baton.kvtransfer.transport.AttachException;
import dev.baton.kvtransfer.transport.Timers;
import dev.baton.kvtransfer.transport.Transport;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The door to UCX. Nothing on this side of it links to JUCX, so that a missing jar, a missing
 * {@code libucp} or a temporary folder without execute permission is a reason to report and not a
 * crash.
 */
public final class UcxSupport {
  private static final Path RDMA_DEVICES = Path.of("/sys/class/infiniband");

  private UcxSupport() {}

  /**
   * Loads UCX and registers the pool with it.
   *
   * @throws AttachException when this process cannot use UCX or should not
   */
  public static Transport open(KvPlaneConfig config, HostKvPool pool, Timers timers)
      throws AttachException {
    if (config.ucx().requireRdmaDevice() && !hasRdmaDevice()) {
      throw new AttachException("no RDMA device, and over TCP plain sockets are faster");
    }
    try {
      return UcxTransport.open(config, pool, timers);
    } catch (LinkageError | RuntimeException e) {
      throw new AttachException("UCX does not load: " + rootMessage(e), e);
    }
  }

  private static boolean hasRdmaDevice() {
    if (!Files.isDirectory(RDMA_DEVICES)) {
      return false;
    }
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(RDMA_DEVICES)) {
      return devices.iterator().hasNext();
    } catch (IOException _) {
      return false;
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.toString();
  }
}
