package dev.baton.localstack.cli;

import dev.baton.localstack.evaluate.Verdict;
import java.util.Locale;

/** A bar with the time that is left, or a line every so often where nobody watches. One thread. */
final class EvaluationProgress {
  private static final int BAR_WIDTH = 40;
  private static final int LINES = 20;

  private final Terminal terminal;
  private final int total;
  private final long startedNanos = System.nanoTime();
  private int done;
  private int wrongFields;

  EvaluationProgress(Terminal terminal, int total) {
    this.terminal = terminal;
    this.total = total;
  }

  void add(Verdict verdict) {
    done++;
    wrongFields += verdict.misses().size();
    double elapsed = (System.nanoTime() - startedNanos) / 1e9;
    String text =
        String.format(
            Locale.ROOT,
            "%d/%d memos, %d wrong fields, %.0f s, about %.0f s left",
            done,
            total,
            wrongFields,
            elapsed,
            elapsed / done * (total - done));
    if (terminal.interactive()) {
      int filled = BAR_WIDTH * done / total;
      terminal
          .out()
          .print("\r\033[2K" + "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled) + " " + text);
      terminal.out().print(done == total ? System.lineSeparator() : "");
      terminal.out().flush();
    } else if (done == total || done % Math.max(1, total / LINES) == 0) {
      terminal.line(text);
    }
  }
}
