package dev.baton.kvtransfer.plane;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The field's own measures of what a transport can do between two processes of this host. */
final class Reference {
  /** As many as a transfer has data connections. */
  static final int STREAMS = 2;

  /** Gets that a transfer over UCX has under way. */
  private static final int OUTSTANDING = 32;

  private static final long UCX_BYTES = 1L << 30;

  private static final Pattern IPERF_RECEIVED =
      Pattern.compile("\"sum_received\":\\s*\\{[^}]*\"bits_per_second\":\\s*([0-9.e+]+)");

  /** The line of final figures; the overall bandwidth is the sixth of them. */
  private static final Pattern UCX_AVERAGE_MIB =
      Pattern.compile("(?m)^ *\\d+,(?:[0-9.]+,){4}([0-9.]+),[0-9.]+,[0-9.]+$");

  private Reference() {}

  /** Bytes a second that the receiver of {@code iperf3} counts. */
  static double iperf() throws Exception {
    String port = freePort();
    String report =
        against(
            List.of("iperf3", "-s", "-1", "-p", port),
            List.of("iperf3", "-c", "127.0.0.1", "-p", port, "-P", "" + STREAMS, "-t", "1", "-J"),
            IPERF_RECEIVED);
    return Double.parseDouble(report) / 8;
  }

  /** Bytes a second of {@code ucp_get} over TCP, as many under way as a transfer has. */
  static double ucxGet(long blockBytes) throws Exception {
    String port = freePort();
    long gets = UCX_BYTES / blockBytes;
    String report =
        against(
            List.of("ucx_perftest", "-p", port),
            List.of(
                "ucx_perftest",
                "127.0.0.1",
                "-p",
                port,
                "-t",
                "ucp_get",
                "-e",
                "-f",
                "-v",
                "-s",
                "" + blockBytes,
                "-O",
                "" + OUTSTANDING,
                "-n",
                "" + gets,
                "-w",
                "" + gets / 8),
            UCX_AVERAGE_MIB);
    return Double.parseDouble(report) * (1 << 20);
  }

  /** What the client says in the place of the pattern's group. */
  private static String against(List<String> server, List<String> client, Pattern answer)
      throws Exception {
    Process serving = start(server);
    try {
      String said = "";
      // The server may not listen yet.
      for (int attempt = 0; attempt < 50; attempt++) {
        Process asking = start(client);
        said = new String(asking.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        asking.waitFor();
        Matcher found = answer.matcher(said);
        if (found.find()) {
          return found.group(1);
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
      throw new IOException(client + " says " + said);
    } finally {
      serving.destroyForcibly().waitFor();
    }
  }

  private static Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("UCX_TLS", "tcp");
    builder.environment().put("UCX_NET_DEVICES", "lo");
    builder.environment().put("UCX_WARN_UNUSED_ENV_VARS", "n");
    return builder.start();
  }

  private static String freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return String.valueOf(socket.getLocalPort());
    }
  }
}
