package dev.baton.localstack.cli;

import dev.baton.localstack.client.Analysis;
import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.client.ApiException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Analyses memos one after the other, showing each answer as it is generated and then as a table.
 */
final class MemoRun {
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  private final ApiClient client;
  private final Terminal terminal;
  private final List<Analysis> analyses = new ArrayList<>();
  private int failed;

  MemoRun(ApiClient client, Terminal terminal) {
    this.client = client;
    this.terminal = terminal;
  }

  void analyse(MemoFiles.Memo memo) throws InterruptedException {
    terminal.line("");
    terminal.line(terminal.bold("▸ " + memo.name()));
    try {
      Analysis analysis = client.analyse(memo.text(), this::showText, DEADLINE);
      terminal.line("");
      AnalysisTable.render(analysis, terminal).forEach(terminal::line);
      analyses.add(analysis);
    } catch (ApiException e) {
      fail("%s (status %d, code %s)".formatted(e.getMessage(), e.status(), e.code()));
    } catch (IOException e) {
      fail(e.toString());
    }
  }

  private void showText(String text) {
    terminal.out().print(terminal.dim(text));
    terminal.out().flush();
  }

  private void fail(String reason) {
    terminal.line("");
    terminal.line(terminal.red("  failed: " + reason));
    failed++;
  }

  int failed() {
    return failed;
  }

  /** One line over all of them. */
  void summarise(Duration elapsed) {
    long prompt = analyses.stream().mapToLong(Analysis::promptTokens).sum();
    long answer = analyses.stream().mapToLong(Analysis::completionTokens).sum();
    terminal.line("");
    terminal.line(
        terminal.bold(
            String.format(
                Locale.ROOT,
                "%d analyses in %.1f s, %d failed · %,d prompt tokens, %,d answer tokens",
                analyses.size(),
                elapsed.toMillis() / 1000.0,
                failed,
                prompt,
                answer)));
    terminal.line(
        String.format(
            Locale.ROOT,
            "evidence: %d supported, %d unsupported, %d inconsistent · median time to first token %.0f ms",
            count("supported"),
            count("unsupported"),
            count("inconsistent"),
            medianTimeToFirstToken()));
  }

  private long count(String status) {
    return analyses.stream()
        .flatMap(analysis -> analysis.evidence().stream())
        .filter(evidence -> evidence.status().equals(status))
        .count();
  }

  private double medianTimeToFirstToken() {
    double[] sorted =
        analyses.stream().mapToDouble(a -> a.timing("ttft").orElse(Double.NaN)).sorted().toArray();
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }
}
