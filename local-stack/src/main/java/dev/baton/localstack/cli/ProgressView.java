package dev.baton.localstack.cli;

import dev.baton.localstack.stack.ComponentStatus;
import dev.baton.localstack.stack.StackListener;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Shows the start of a stack: a line a component that changes in place, or a line a change where
 * nobody watches.
 */
final class ProgressView implements StackListener, AutoCloseable {
  private static final long REDRAW_MILLIS = 200;

  private final Terminal terminal;
  private final ScheduledExecutorService ticker;
  private final long startedNanos = System.nanoTime();
  private final Map<String, Line> lines = new LinkedHashMap<>();
  private int drawn;

  private record Line(ComponentStatus status, long sinceNanos) {}

  ProgressView(Terminal terminal) {
    this.terminal = terminal;
    this.ticker =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("progress").factory());
    if (terminal.interactive()) {
      ticker.scheduleAtFixedRate(this::draw, REDRAW_MILLIS, REDRAW_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public synchronized void changed(ComponentStatus status) {
    Line old = lines.put(status.name(), new Line(status, System.nanoTime()));
    boolean news = old == null || old.status().state() != status.state();
    if (!terminal.interactive() && news && status.state() != ComponentStatus.State.WAITING) {
      terminal.line(
          String.format(
              Locale.ROOT,
              "%6.1f s  %-12s %s",
              (System.nanoTime() - startedNanos) / 1e9,
              status.name(),
              describe(status)));
    }
  }

  private static String describe(ComponentStatus status) {
    return switch (status.state()) {
      case WAITING -> "waiting";
      case PREPARING -> "preparing (once after a build)";
      case STARTING -> "starting";
      case READY ->
          String.format(Locale.ROOT, "ready after %.1f s", status.elapsed().toMillis() / 1000.0);
      case STOPPING -> "stopping";
      case STOPPED -> "stopped";
      case FAILED -> "failed";
    };
  }

  private synchronized void draw() {
    StringBuilder text = new StringBuilder();
    if (drawn > 0) {
      text.append("\033[").append(drawn).append('A');
    }
    lines.values().forEach(line -> text.append("\r\033[2K").append(render(line)).append('\n'));
    drawn = lines.size();
    terminal.out().print(text);
    terminal.out().flush();
  }

  private String render(Line line) {
    ComponentStatus status = line.status();
    String mark =
        switch (status.state()) {
          case READY -> terminal.green("●");
          case FAILED -> terminal.red("✗");
          case WAITING, STOPPED -> terminal.dim("·");
          case PREPARING, STARTING, STOPPING -> terminal.yellow("○");
        };
    boolean running =
        switch (status.state()) {
          case PREPARING, STARTING, STOPPING -> true;
          case WAITING, READY, STOPPED, FAILED -> false;
        };
    String time =
        running
            ? String.format(Locale.ROOT, "  %.0f s", (System.nanoTime() - line.sinceNanos()) / 1e9)
            : "";
    return "  %s %-12s %s%s".formatted(mark, status.name(), describe(status), time);
  }

  /** Draws the last state and leaves it on the screen. */
  @Override
  public void close() {
    ticker.shutdownNow();
    if (terminal.interactive()) {
      draw();
    }
  }
}
