package dev.baton.localstack.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.localstack.client.Analysis;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnalysisTableTest {
  private static final Analysis ANALYSIS =
      Analysis.parse(
          """
          {"id": "req-1", "model": "deal-analyst",
           "analysis": {"company": "Acme GmbH", "enterprise_value": {"amount": 412.50, "currency": "EUR", "unit": "million"},
             "ev_ebitda": 9.0, "net_leverage": null, "key_risks": ["key_person", "competition"],
             "rationale": "Margins hold."},
           "evidence": [
             {"field": "company", "value": "Acme GmbH", "status": "supported", "start": 0, "end": 9, "quote": "Acme\\nGmbH"},
             {"field": "ev_ebitda", "value": 9.0, "status": "inconsistent", "quote": ""},
             {"field": "key_risks", "value": "key_person", "status": "supported", "quote": "the founder"},
             {"field": "key_risks", "value": "competition", "status": "unsupported", "quote": ""}],
           "usage": {"prompt_tokens": 1234, "completion_tokens": 180, "prompt_tokens_details": {"cached_tokens": 16}},
           "timings": {"queue": 1.26, "prefill": 800, "ttft": 812.3}}
          """);

  private final List<String> lines =
      AnalysisTable.render(
          ANALYSIS, new Terminal(new PrintStream(PrintStream.nullOutputStream()), false, 120));

  private String lineWith(String text) {
    return lines.stream().filter(line -> line.contains(text)).findFirst().orElseThrow();
  }

  @Test
  void showsAmountsWithCurrencyAndUnitAndMultiplesAsSuch() {
    assertThat(lineWith("enterprise_value")).contains("EUR 412.5 million");
    assertThat(lineWith("ev_ebitda")).contains("9x").contains("inconsistent");
    assertThat(lineWith("net_leverage")).contains("not stated");
  }

  @Test
  void showsTheQuoteOnOneLineBesideItsStatus() {
    assertThat(lineWith("company")).containsPattern("Acme GmbH .*supported .*Acme GmbH ");
  }

  @Test
  void givesEachRiskARowWithItsOwnEvidence() {
    assertThat(lineWith("key person")).contains("key_risks").contains("the founder");
    assertThat(lineWith("competition")).contains("unsupported");
  }

  @Test
  void everyRowOfTheTableIsAsWideAsTheTerminal() {
    assertThat(lines.stream().filter(line -> line.startsWith("│") || line.startsWith("├")))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).hasSize(120));
  }

  @Test
  void showsTimingsAndADashForAStageThatDidNotHappen() {
    assertThat(lineWith("queue"))
        .contains("queue 1.3 ms")
        .contains("prefill 800.0 ms")
        .contains("KV transfer –");
    assertThat(lineWith("1,234 prompt tokens (16 cached), 180 answer tokens")).contains("req-1");
  }

  @Test
  void wrapsAtSpacesAndMarksWhatDoesNotFit() {
    assertThat(AnalysisTable.wrap("one two three", 8, 9)).containsExactly("one two", "three");
    assertThat(AnalysisTable.wrap("one two three four", 8, 2))
        .containsExactly("one two", "three f…");
    assertThat(AnalysisTable.wrap("unbreakable", 4, 9)).containsExactly("unbr", "eaka", "ble");
  }
}
