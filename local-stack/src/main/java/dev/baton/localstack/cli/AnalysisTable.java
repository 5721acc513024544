package dev.baton.localstack.cli;

import dev.baton.localstack.client.Analysis;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An analysis as a table for people: field, value, evidence, quote; then the recommendation and the
 * timings.
 */
final class AnalysisTable {
  private static final int FIELD_WIDTH = 20;
  private static final int VALUE_WIDTH = 30;
  private static final int STATUS_WIDTH = 12;
  private static final int RULES_AND_MARGINS = 13;
  private static final int QUOTE_LINES = 2;

  private static final Map<String, String> UNITS =
      Map.of(
          "ev_ebitda", "x",
          "net_leverage", "x",
          "revenue_growth_pct", " %",
          "top_customer_pct", " %");

  private final Terminal terminal;
  private final int quoteWidth;
  private final List<String> lines = new ArrayList<>();

  private AnalysisTable(Terminal terminal) {
    this.terminal = terminal;
    this.quoteWidth =
        terminal.width() - FIELD_WIDTH - VALUE_WIDTH - STATUS_WIDTH - RULES_AND_MARGINS;
  }

  static List<String> render(Analysis analysis, Terminal terminal) {
    AnalysisTable table = new AnalysisTable(terminal);
    table.add(analysis);
    return List.copyOf(table.lines);
  }

  private void add(Analysis analysis) {
    rule('┌', '┬', '┐');
    row("field", "value", "evidence", "quote", false);
    rule('├', '┼', '┤');
    for (var field : analysis.fields().properties()) {
      if (!field.getKey().equals("rationale")) {
        rows(analysis, field.getKey(), field.getValue());
      }
    }
    rule('└', '┴', '┘');
    String rationale = analysis.fields().path("rationale").asString("");
    if (!rationale.isEmpty()) {
      lines.addAll(wrap(rationale, terminal.width() - 2, Integer.MAX_VALUE));
    }
    lines.add(terminal.dim(usage(analysis)));
    lines.add(terminal.dim(timings(analysis)));
  }

  private void rows(Analysis analysis, String name, JsonNode value) {
    List<Analysis.Evidence> evidence =
        analysis.evidence().stream()
            .filter(item -> item.field().equals(name) || item.field().startsWith(name + "["))
            .toList();
    if (value.isArray()) {
      if (value.isEmpty()) {
        row(name, "none", "", "", false);
      }
      for (int i = 0; i < value.size(); i++) {
        row(
            i == 0 ? name : "",
            text(name, value.get(i)),
            i < evidence.size() ? evidence.get(i) : null);
      }
    } else {
      row(name, text(name, value), evidence.isEmpty() ? null : evidence.getFirst());
    }
  }

  static String text(String field, JsonNode value) {
    if (value.isNull()) {
      return "not stated";
    }
    if (value.isObject()) {
      return "%s %s %s"
          .formatted(
              value.path("currency").asString(""),
              number(value.path("amount")),
              value.path("unit").asString(""));
    }
    return value.isNumber()
        ? number(value) + UNITS.getOrDefault(field, "")
        : value.asString("").replace('_', ' ');
  }

  private static String number(JsonNode value) {
    return value.isNumber() ? value.decimalValue().stripTrailingZeros().toPlainString() : "?";
  }

  private void row(String field, String value, Analysis.@Nullable Evidence evidence) {
    if (evidence == null) {
      row(field, value, "", "", false);
    } else {
      row(field, value, evidence.status(), evidence.quote(), true);
    }
  }

  private void row(String field, String value, String status, String quote, boolean coloured) {
    List<String> values = wrap(value, VALUE_WIDTH, Integer.MAX_VALUE);
    List<String> quotes = wrap(quote.strip().replaceAll("\\s+", " "), quoteWidth, QUOTE_LINES);
    for (int i = 0; i < Math.max(values.size(), quotes.size()); i++) {
      String shownStatus = pad(i == 0 ? status : "", STATUS_WIDTH);
      lines.add(
          "│ %s │ %s │ %s │ %s │"
              .formatted(
                  pad(i == 0 ? field : "", FIELD_WIDTH),
                  pad(i < values.size() ? values.get(i) : "", VALUE_WIDTH),
                  coloured ? colour(status, shownStatus) : shownStatus,
                  pad(i < quotes.size() ? quotes.get(i) : "", quoteWidth)));
    }
  }

  private String colour(String status, String shown) {
    return switch (status) {
      case "supported" -> terminal.green(shown);
      case "inconsistent" -> terminal.red(shown);
      default -> terminal.yellow(shown);
    };
  }

  private void rule(char left, char cross, char right) {
    lines.add(
        left
            + "─".repeat(FIELD_WIDTH + 2)
            + cross
            + "─".repeat(VALUE_WIDTH + 2)
            + cross
            + "─".repeat(STATUS_WIDTH + 2)
            + cross
            + "─".repeat(quoteWidth + 2)
            + right);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.codePointCount(0, text.length())));
  }

  /**
   * Breaks at spaces, and inside a word that is wider than the line; an ellipsis marks what did not
   * fit.
   */
  static List<String> wrap(String text, int width, int maxLines) {
    List<String> wrapped = new ArrayList<>();
    String rest = text;
    while (rest.length() > width && wrapped.size() < maxLines - 1) {
      int space = rest.lastIndexOf(' ', width);
      int end = space > 0 ? space : width;
      wrapped.add(rest.substring(0, end));
      rest = rest.substring(end).stripLeading();
    }
    wrapped.add(rest.length() > width ? rest.substring(0, width - 1) + "…" : rest);
    return wrapped;
  }

  private static String usage(Analysis analysis) {
    return String.format(
        Locale.ROOT,
        "%,d prompt tokens (%,d cached), %,d answer tokens, request %s",
        analysis.promptTokens(),
        analysis.cachedTokens(),
        analysis.completionTokens(),
        analysis.id());
  }

  private static String timings(Analysis analysis) {
    StringJoiner stages = new StringJoiner(" · ");
    stages.add("queue " + milliseconds(analysis, "queue"));
    stages.add("prefill " + milliseconds(analysis, "prefill"));
    stages.add("KV transfer " + milliseconds(analysis, "kv_transfer"));
    stages.add("time to first token " + milliseconds(analysis, "ttft"));
    stages.add("time per output token " + milliseconds(analysis, "tpot"));
    stages.add("total " + milliseconds(analysis, "total"));
    return stages.toString();
  }

  private static String milliseconds(Analysis analysis, String stage) {
    var value = analysis.timing(stage);
    return value.isPresent() ? String.format(Locale.ROOT, "%,.1f ms", value.getAsDouble()) : "–";
  }
}
