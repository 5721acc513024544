package dev.baton.router.deals;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MultipleCheckTest {
  private static boolean follows(
      String ev, String evUnit, String ebitda, String unit, String multiple) {
    return MultipleCheck.follows(
        EvidenceFinderTest.analysis(
            money(ev, evUnit), null, money(ebitda, unit), multiple, null, null, null));
  }

  private static Money money(String amount, String unit) {
    return new Money(new BigDecimal(amount), "EUR", Money.Unit.valueOf(unit));
  }

  @ParameterizedTest
  @CsvSource({
    "412.5, MILLION, 34.3, MILLION, 12.0, true",
    "412.5, MILLION, 34.3, MILLION, 12.1, true",
    "412.5, MILLION, 34.3, MILLION, 12.5, false",
    "1.2, BILLION, 100, MILLION, 12.3, true",
    "1.2, BILLION, 100, MILLION, 13.5, false",
    "1.20, BILLION, 100.0, MILLION, 12.3, false",
    "412500, THOUSAND, 34.3, MILLION, 12.0, true",
    "412.5, MILLION, 34300, THOUSAND, 12.0, true",
    "412.5, BILLION, 34.3, MILLION, 12.0, false",
    "412.5, MILLION, 34.3, MILLION, 12, true",
    "100, MILLION, -5.0, MILLION, 20.0, false",
    "100, MILLION, 0, MILLION, 20.0, true"
  })
  void followsAsExactlyAsTheDigitsAllow(
      String ev, String evUnit, String ebitda, String unit, String multiple, boolean follows) {
    assertThat(follows(ev, evUnit, ebitda, unit, multiple)).isEqualTo(follows);
  }

  @Test
  void hiddenPartsAndOtherCurrenciesCannotContradict() {
    Money value = money("100", "MILLION");
    assertThat(
            MultipleCheck.follows(
                EvidenceFinderTest.analysis(value, null, null, "9.0", null, null, null)))
        .isTrue();
    assertThat(
            MultipleCheck.follows(
                EvidenceFinderTest.analysis(null, null, value, "9.0", null, null, null)))
        .isTrue();
    Money dollars = new Money(BigDecimal.TEN, "USD", Money.Unit.MILLION);
    assertThat(
            MultipleCheck.follows(
                EvidenceFinderTest.analysis(value, null, dollars, "3.0", null, null, null)))
        .isTrue();
  }
}
