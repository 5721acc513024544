package dev.baton.router.deals;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvidenceFinderTest {
  private static final String CURRENCY = "EUR";

  /** The quote behind a revenue, null where it is unsupported. */
  private static @Nullable String revenue(String memo, String amount, Money.Unit unit) {
    return quote(
        memo, "revenue", analysis(null, money(amount, unit), null, null, null, null, null));
  }

  private static Money money(String amount, Money.Unit unit) {
    return new Money(new BigDecimal(amount), CURRENCY, unit);
  }

  private static @Nullable BigDecimal number(@Nullable String text) {
    return text == null ? null : new BigDecimal(text);
  }

  static DealAnalysis analysis(
      @Nullable Money value,
      @Nullable Money revenue,
      @Nullable Money ebitda,
      @Nullable String multiple,
      @Nullable String growth,
      @Nullable String leverage,
      @Nullable String customer) {
    return new DealAnalysis(
        "Nordwerk GmbH",
        "Software",
        "buyout",
        value,
        revenue,
        ebitda,
        number(multiple),
        number(growth),
        number(leverage),
        number(customer),
        List.of(),
        "proceed",
        "Fine.");
  }

  private static Evidence entry(String memo, String field, DealAnalysis analysis) {
    return EvidenceFinder.find(memo, analysis).stream()
        .filter(evidence -> evidence.field().equals(field))
        .findFirst()
        .orElseThrow();
  }

  private static @Nullable String quote(String memo, String field, DealAnalysis analysis) {
    Span span = entry(memo, field, analysis).span();
    return span == null ? null : span.of(memo);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Revenue was EUR 412.5 million.        | EUR 412.5 million",
        "Revenue was €412.5m.                  | €412.5m",
        "Revenue was € 412,5 Mio. in 2024.     | € 412,5 Mio.",
        "Revenue was 412,5 Mio. EUR in 2024.   | 412,5 Mio. EUR",
        "Revenue was EUR 412,500 thousand.     | EUR 412,500 thousand",
        "Revenue was TEUR 412'500 in 2024.     | TEUR 412'500",
        "Revenue was TEUR 412.500 at 3,5 %.    | TEUR 412.500",
        "Revenue was EUR 412 500 k in 2024.    | EUR 412 500 k",
        "Revenue was EUR 0.4125bn.             | EUR 0.4125bn",
        "Revenue was EUR 412,500,000 in 2024.  | EUR 412,500,000",
        "Revenue was 412.50 million euros.     | 412.50 million euros",
        "Revenue (EUR m): 412.5                | 412.5",
        "We met twice. Sales came to EURm 412.5. | EURm 412.5"
      })
  void anAmountIsFoundInEveryNotation(String memo, String quote) {
    assertThat(revenue(memo, "412.5", Money.Unit.MILLION)).isEqualTo(quote);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Revenue was EUR 1,200 million.           | 1200",
        "Revenue was EUR 1'200 million.           | 1200",
        "Revenue was EUR 1 200 million.           | 1200",
        "Revenue was EUR 1.200,5 million.         | 1200.5",
        "Revenue was EUR 1,200.5 million.         | 1200.5",
        "Margin 3,5 %. Revenue was EUR 1.200 million. | 1200"
      })
  void separatorsAreReadAsTheMemoMeansThem(String memo, String amount) {
    assertThat(revenue(memo, amount, Money.Unit.MILLION)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Revenue was EUR 112.45 million.       | a part of another number",
        "Revenue was EUR 12.45 million.        | more digits",
        "Revenue was EUR 312.4 million.        | behind another digit",
        "Revenue was EUR 12.4 billion.         | another unit",
        "Revenue was USD 12.4 million.         | another currency",
        "Revenue was 12.4 million.             | no currency",
        "Revenue was EUR 12.4.                 | no unit",
        "Revenue rose by 12.4 %.               | a percentage",
        "Revenue was EUR -12.4 million.        | another sign",
        "On 12.4.2024 revenue in EUR million.  | a date",
        "Maintenance capex was EUR 12.4 million a year. | another thing",
        "EBITDA was EUR 12.4 million.          | another field",
        "Revenue and EBITDA of EUR 12.4 million. | the nearer field",
        "The budget foresees revenue of EUR 12.4 million. | a plan",
        "Its competitor Ax reported revenue of EUR 12.4 million. | somebody else",
        "EBITDA of the prior year was low, revenue of the previous year EUR 12.4 million. | another time"
      })
  void anEqualNumberThatIsSomethingElseSupportsNothing(String memo, String why) {
    assertThat(revenue(memo, "12.4", Money.Unit.MILLION)).as(why).isNull();
  }

  @Test
  void aTableGivesCurrencyAndUnitInItsHeader() {
    String memo =
        """
        | EUR million | 2024 |
        |---|---:|
        | Revenue | 1,245.0 |
        | EBITDA | 34.3 |
        """;
    assertThat(revenue(memo, "1245.0", Money.Unit.MILLION)).isEqualTo("1,245.0");
    assertThat(revenue(memo, "34.3", Money.Unit.MILLION)).as("the row of EBITDA").isNull();
    assertThat(revenue(memo, "1245.0", Money.Unit.THOUSAND)).as("another unit").isNull();
  }

  @Test
  void figuresOfPeersInATableSupportNothing() {
    String memo =
        """
        | Peer | EV (EUR m) | EV/EBITDA | Growth |
        |---|---:|---:|---:|
        | Ax AG | 300.0 | 9.5x | 4.0% |
        """;
    DealAnalysis analysis =
        analysis(money("300.0", Money.Unit.MILLION), null, null, "9.5", "4.0", null, null);
    assertThat(EvidenceFinder.find(memo, analysis))
        .filteredOn(e -> e.value() instanceof Money || e.value() instanceof BigDecimal)
        .hasSize(3)
        .allSatisfy(e -> assertThat(e.status()).isEqualTo(Evidence.Status.UNSUPPORTED));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Revenue fell by 3.2% on the prior year.     | -3.2",
        "Revenue growth was -3.2% in 2024.           | -3.2",
        "Revenue growth was −3,2 % in 2024.          | -3.2",
        "Revenue growth was (3.2)% in 2024.          | -3.2",
        "Growth ........ (3.2%)                      | -3.2",
        "Revenue grew by 3.2 per cent.               | 3.2",
        "Revenue growth: 3.2 percent                 | 3.2",
        "At 3.2%, revenue growth was the result of new contracts. | 3.2"
      })
  void growthIsFoundWithItsSign(String memo, String growth) {
    DealAnalysis right = analysis(null, null, null, null, growth, null, null);
    String turned = new BigDecimal(growth).negate().toPlainString();
    DealAnalysis wrong = analysis(null, null, null, null, turned, null, null);

    assertThat(quote(memo, "revenue_growth_pct", right)).contains("3");
    if (!memo.contains("(3.2%)")) {
      assertThat(quote(memo, "revenue_growth_pct", wrong)).as("the other sign").isNull();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "The market is growing at 12.4% a year.       | revenue_growth_pct",
        "The five largest customers make 12.4% of revenue. | top_customer_pct",
        "Gross margin was 12.4%.                      | top_customer_pct",
        "The leverage covenant is set at 12.4x.       | net_leverage",
        "The entry multiple is 12.4x EBITDA.          | net_leverage",
        "Net leverage is 12.4x EBITDA.                | ev_ebitda",
        "Listed peers trade at 12.4x EBITDA.          | ev_ebitda",
        "Revenue grew 112.4%; growth was 12.45%.      | revenue_growth_pct"
      })
  void percentagesAndMultiplesOfOtherThingsSupportNothing(String memo, String field) {
    DealAnalysis analysis = analysis(null, null, null, "12.4", "12.4", "12.4", "12.4");

    assertThat(quote(memo, field, analysis)).isNull();
  }

  @Test
  void percentagesAndMultiplesAreFoundWhereTheyBelong() {
    String memo =
        "The entry multiple is 12.0x EBITDA. Net debt will be 3,5 x EBITDA at closing. The largest"
            + " customer accounts for 18 % of revenue.";
    DealAnalysis analysis = analysis(null, null, null, "12.0", null, "3.5", "18");

    assertThat(quote(memo, "ev_ebitda", analysis)).isEqualTo("12.0x");
    assertThat(quote(memo, "net_leverage", analysis)).isEqualTo("3,5 x");
    assertThat(quote(memo, "top_customer_pct", analysis)).isEqualTo("18 %");
  }

  @Test
  void aMultipleThatContradictsItsPartsIsInconsistentEvenWhereTheMemoSaysIt() {
    String memo =
        "EV is EUR 400 million. EBITDA is EUR 40.0 million. This corresponds to 14.0x EBITDA.";
    Money value = money("400", Money.Unit.MILLION);
    Money ebitda = money("40.0", Money.Unit.MILLION);

    Evidence wrong =
        entry(memo, "ev_ebitda", analysis(value, null, ebitda, "14.0", null, null, null));
    assertThat(wrong.status()).isEqualTo(Evidence.Status.INCONSISTENT);
    assertThat(wrong.span()).isNotNull();
    Evidence invented =
        entry(memo, "ev_ebitda", analysis(value, null, ebitda, "10.0", null, null, null));
    assertThat(invented.status())
        .as("follows, but nobody says so")
        .isEqualTo(Evidence.Status.UNSUPPORTED);
  }

  @Test
  void aFigureOfTheRationaleNeedsASupportedValue() {
    String memo = "Net leverage is 3.5x at closing.";
    DealAnalysis analysis =
        new DealAnalysis(
            "Nordwerk GmbH",
            "Software",
            "buyout",
            null,
            null,
            null,
            null,
            null,
            new BigDecimal("3.5"),
            null,
            List.of(),
            "proceed",
            "With 3.5x leverage and 99% margin.");

    assertThat(EvidenceFinder.find(memo, analysis))
        .filteredOn(e -> e.field().equals("rationale"))
        .extracting(Evidence::value, Evidence::status)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("99%", Evidence.Status.UNSUPPORTED));
  }

  @Test
  void namesAreFoundWhateverTheirCaseAndNeverInsideAWord() {
    assertThat(CompanyFinder.find("about NORDWERK  gmbh.", "Nordwerk GmbH"))
        .isEqualTo(new Span(6, 20));
    assertThat(CompanyFinder.find("Nordwerker", "Nordwerk")).isNull();
    assertThat(CompanyFinder.find("Société Générale", "Societe generale"))
        .isEqualTo(new Span(0, 16));
  }

  @Test
  void everySpanLiesInTheMemoWhateverTheTextLooksLike() {
    var random = new java.util.Random(7);
    String alphabet = "EUR €$12.,'’ ()-−%x|\n mbn Revenue EBITDA growth\u00a0\uD83D\uDE00";
    for (int round = 0; round < 300; round++) {
      var memo = new StringBuilder();
      for (int i = 0; i < 200; i++) {
        memo.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      DealAnalysis analysis =
          analysis(
              money("1", Money.Unit.MILLION),
              money("12", Money.Unit.THOUSAND),
              null,
              "1",
              "2",
              "1.2",
              "21");
      for (Evidence evidence : EvidenceFinder.find(memo.toString(), analysis)) {
        Span span = evidence.span();
        assertThat(span == null || span.end() <= memo.length()).isTrue();
      }
    }
  }
}
