package dev.baton.localstack.stack;

import dev.baton.localstack.process.ManagedProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The state of every component, kept in the state file and told to the listener. */
final class StackBoard {
  private final Path directory;
  private final StackListener listener;
  private final String routerUrl;
  private final String scratch;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private boolean ready;

  private record Entry(
      ComponentStatus.State state,
      long sinceNanos,
      @Nullable Duration startTook,
      int port,
      @Nullable ManagedProcess process) {}

  StackBoard(
      Path directory,
      List<String> components,
      String routerUrl,
      Path scratch,
      StackListener listener) {
    this.directory = directory;
    this.listener = listener;
    this.routerUrl = routerUrl;
    this.scratch = scratch.toString();
    for (String component : components) {
      add(component);
    }
  }

  synchronized void add(String name) {
    entries.put(name, new Entry(ComponentStatus.State.WAITING, System.nanoTime(), null, 0, null));
  }

  void set(String name, ComponentStatus.State state) {
    update(name, state, null, 0);
  }

  void starting(String name, ManagedProcess process, int port) {
    update(name, ComponentStatus.State.STARTING, process, port);
  }

  private synchronized void update(
      String name, ComponentStatus.State state, @Nullable ManagedProcess process, int port) {
    Entry old = entries.get(name);
    if (old == null) {
      throw new IllegalArgumentException("no component " + name);
    }
    long now = System.nanoTime();
    Duration took =
        state == ComponentStatus.State.READY ? Duration.ofNanos(now - old.sinceNanos()) : null;
    entries.put(
        name,
        new Entry(
            state,
            now,
            took,
            process == null ? old.port() : port,
            process == null ? old.process() : process));
    write();
    listener.changed(new ComponentStatus(name, state, took == null ? Duration.ZERO : took));
  }

  synchronized void setReady(boolean nowReady) {
    ready = nowReady;
    write();
  }

  synchronized void write() {
    List<StackState.Component> components = new ArrayList<>();
    entries.forEach((name, entry) -> components.add(component(name, entry)));
    new StackState(ProcessHandle.current().pid(), ready, routerUrl, scratch, components)
        .write(directory);
  }

  private static StackState.Component component(String name, Entry entry) {
    ManagedProcess process = entry.process();
    Duration shown =
        entry.startTook() == null
            ? Duration.ofNanos(System.nanoTime() - entry.sinceNanos())
            : entry.startTook();
    return new StackState.Component(
        name,
        entry.state(),
        shown.toMillis() / 1000.0,
        process == null ? 0 : process.pid(),
        process == null ? 0 : process.startedAt(),
        entry.port(),
        process == null ? "" : process.log().toString());
  }
}
