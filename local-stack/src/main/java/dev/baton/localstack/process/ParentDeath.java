package dev.baton.localstack.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Ties a child's life to this process: the kernel sends it SIGKILL when the thread that started it
 * ends, which covers a supervisor that is itself killed with SIGKILL ({@code PR_SET_PDEATHSIG},
 * kept over exec). The child also gets a session of its own, so that Ctrl-C reaches the supervisor
 * alone and the stop order is the supervisor's.
 */
final class ParentDeath {
  private static final List<Path> BIN = List.of(Path.of("/usr/bin"), Path.of("/bin"));

  private ParentDeath() {}

  static List<String> wrap(List<String> command) {
    List<String> wrapped = new ArrayList<>();
    find("setsid").ifPresent(wrapped::add);
    find("setpriv")
        .ifPresent(setpriv -> wrapped.addAll(List.of(setpriv, "--pdeathsig", "KILL", "--")));
    wrapped.addAll(command);
    return List.copyOf(wrapped);
  }

  private static Optional<String> find(String tool) {
    return BIN.stream()
        .map(dir -> dir.resolve(tool))
        .filter(Files::isExecutable)
        .map(Path::toString)
        .findFirst();
  }
}
