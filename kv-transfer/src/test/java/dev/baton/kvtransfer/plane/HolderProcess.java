package dev.baton.kvtransfer.plane;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.Epoch;
import dev.baton.contracts.KvEndpoint;
import dev.baton.contracts.Lane;
import dev.baton.contracts.LaneRef;
import dev.baton.contracts.WorkerId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A holder in another JVM, and what a test may do to it. */
final class HolderProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final OutputStream in;
  private final int port;

  private HolderProcess(Process process) throws IOException {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.in = process.getOutputStream();
    String first = out.readLine();
    if (first == null) {
      throw new IOException("the holder ended at once; see its standard error");
    }
    this.port = Integer.parseInt(first);
  }

  static HolderProcess start(Path poolFile, int blocks, Duration leaseTtl) throws IOException {
    return start(poolFile, blocks, leaseTtl, false);
  }

  /** With blocks of {@link TestBlocks#LARGE}. */
  static HolderProcess startLarge(Path poolFile, int blocks, Duration leaseTtl) throws IOException {
    return start(poolFile, blocks, leaseTtl, "host", "large");
  }

  static HolderProcess start(Path poolFile, int blocks, Duration leaseTtl, boolean onDevice)
      throws IOException {
    return start(poolFile, blocks, leaseTtl, onDevice ? "device" : "host", "small");
  }

  private static HolderProcess start(
      Path poolFile, int blocks, Duration leaseTtl, String where, String size) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx128m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(Ucx.jvmOptions());
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            HolderMain.class.getName(),
            poolFile.toString(),
            String.valueOf(blocks),
            String.valueOf(leaseTtl.toMillis()),
            where,
            size));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    return new HolderProcess(builder.start());
  }

  KvEndpoint endpoint() {
    return new KvEndpoint(Ucx.HOST, port);
  }

  LaneRef inEpoch(long epoch) {
    return new LaneRef(new WorkerId("holder"), new Lane(0), new Epoch(epoch));
  }

  long lease(Duration ttl, int... blocks) {
    String ids = IntStream.of(blocks).mapToObj(String::valueOf).collect(Collectors.joining(" "));
    return Long.parseLong(ask("lease " + ttl.toMillis() + " " + ids));
  }

  int leases() {
    return Integer.parseInt(ask("leases"));
  }

  synchronized String ask(String command) {
    try {
      in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
      return out.readLine();
    } catch (IOException e) {
      throw new IllegalStateException("holder does not answer " + command, e);
    }
  }

  /** SIGKILL, and its process is gone when this returns. */
  void kill() {
    process.destroyForcibly();
    try {
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** SIGSTOP: alive to the kernel, dead to everybody else. */
  void stop() {
    signal("-STOP");
  }

  void resume() {
    signal("-CONT");
  }

  private void signal(String signal) {
    try {
      Process kill = new ProcessBuilder(List.of("kill", signal, "" + process.pid())).start();
      assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(kill.exitValue()).isZero();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
