package dev.baton.router.deals;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnalysisReaderTest {
  private static final String GOOD =
      """
      {"company":"A","sector":"Software","transaction_type":"buyout",\
      "enterprise_value":{"amount":12.50,"currency":"EUR","unit":"million"},"revenue":null,\
      "ebitda":null,"ev_ebitda":12.0,"revenue_growth_pct":-3.1,"net_leverage":null,\
      "top_customer_pct":18,"key_risks":["litigation"],"recommendation":"proceed","rationale":"R."}\
      """;

  @Test
  void readsTheSchemaAndKeepsDecimals() throws Exception {
    DealAnalysis analysis = AnalysisReader.read(GOOD);

    assertThat(analysis.enterpriseValue().amount().toPlainString()).isEqualTo("12.50");
    assertThat(analysis.evEbitda().toPlainString()).isEqualTo("12.0");
    assertThat(analysis.revenue()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "\"rationale\":\"R.\"}          | \"rationale\":\"R.\"",
        "\"rationale\":\"R.\"}          | \"rationale\":\"R.\"} x",
        "\"rationale\":\"R.\"}          | \"rationale\":\"\"}",
        ",\"rationale\":\"R.\"}         | }",
        "\"rationale\":\"R.\"}          | \"rationale\":\"R.\",\"more\":1}",
        "\"company\":\"A\"              | \"company\":\"A\",\"company\":\"B\"",
        "\"company\":\"A\"              | \"company\":5",
        "\"Software\"                   | \"Gambling\"",
        "\"buyout\"                     | \"theft\"",
        "\"EUR\"                        | \"XXX\"",
        "\"million\"                    | \"zillion\"",
        "12.50                          | \"12.50\"",
        "12.50                          | 1e999999999",
        "12.50                          | NaN",
        "\"unit\":\"million\"           | \"unit\":\"million\",\"x\":1",
        "[\"litigation\"]               | [\"litigation\",\"litigation\"]",
        "[\"litigation\"]               | [\"litigation\",\"regulation\",\"cyclicality\",\"integration\",\"competition\"]",
        "[\"litigation\"]               | [\"bad luck\"]",
        "[\"litigation\"]               | \"litigation\"",
        "\"proceed\"                    | \"maybe\""
      })
  void anythingElseIsRefused(String part, String instead) {
    assertThat(GOOD).contains(part);
    assertThatThrownBy(() -> AnalysisReader.read(GOOD.replace(part, instead)))
        .isInstanceOf(InvalidAnalysisException.class);
  }

  @ParameterizedTest
  @CsvSource(value = {"''", "null", "[]", "hello"})
  void noObjectIsRefused(String answer) {
    assertThatThrownBy(() -> AnalysisReader.read(answer))
        .isInstanceOf(InvalidAnalysisException.class);
  }
}
