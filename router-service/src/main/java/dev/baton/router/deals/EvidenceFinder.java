package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds, for each extracted value, the passage of the memo that supports it. A figure supports a
 * value where it is the same number, in the same unit, and its sentence or row is about the field:
 * an equal number elsewhere does not. In doubt a value is unsupported. Pure.
 */
final class EvidenceFinder {
  private static final Pattern DOWN =
      Pattern.compile(
          "\\bfell\\b|\\bfall\\w*|declin\\w+|decreas\\w+|shrank|shrunk|\\bdown\\b|contracted|dropp\\w+|slipped|\\blost\\b|negative",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern UP =
      Pattern.compile(
          "\\bgrew\\b|\\bgrown?\\b|\\brose\\b|\\brise\\w*|increas\\w+|\\bup\\b|expanded|advanced|gained|growth",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern NEVER = Pattern.compile("(?!)");
  private static final Pattern LOSS = Pattern.compile("\\bloss|negative", Pattern.CASE_INSENSITIVE);

  private final String memo;
  private final NumberReader numbers;
  private final MemoLayout layout;
  private final List<Figure> figures;

  private EvidenceFinder(String memo) {
    this.memo = memo;
    this.numbers = new NumberReader(memo);
    this.layout = new MemoLayout(memo);
    this.figures = FigureScanner.scan(memo, numbers);
  }

  /**
   * One entry for each value that is not null, in the analysis' order; at the end one for each
   * figure of the rationale that no supported value backs.
   */
  static List<Evidence> find(String memo, DealAnalysis analysis) {
    return new EvidenceFinder(memo).all(analysis);
  }

  private List<Evidence> all(DealAnalysis analysis) {
    List<Evidence> evidence = new ArrayList<>();
    String company = analysis.company();
    evidence.add(Evidence.at("company", company, CompanyFinder.find(memo, company)));
    evidence.add(
        Evidence.at("sector", analysis.sector(), WordEvidence.sector(memo, analysis.sector())));
    String type = analysis.transactionType();
    evidence.add(Evidence.at("transaction_type", type, WordEvidence.transaction(memo, type)));
    addMoney("enterprise_value", analysis.enterpriseValue(), FieldCues.ENTERPRISE_VALUE, evidence);
    addMoney("revenue", analysis.revenue(), FieldCues.REVENUE_CUES, evidence);
    addMoney("ebitda", analysis.ebitda(), FieldCues.EBITDA_CUES, evidence);
    addNumber(
        "ev_ebitda", analysis.evEbitda(), Figure.Kind.MULTIPLE, FieldCues.EV_EBITDA, evidence);
    if (!MultipleCheck.follows(analysis)) {
      Evidence multiple = evidence.removeLast();
      evidence.add(
          new Evidence(
              multiple.field(), multiple.value(), Evidence.Status.INCONSISTENT, multiple.span()));
    }
    addNumber(
        "revenue_growth_pct",
        analysis.revenueGrowthPct(),
        Figure.Kind.PERCENT,
        FieldCues.GROWTH,
        evidence);
    addNumber(
        "net_leverage", analysis.netLeverage(), Figure.Kind.MULTIPLE, FieldCues.LEVERAGE, evidence);
    addNumber(
        "top_customer_pct",
        analysis.topCustomerPct(),
        Figure.Kind.PERCENT,
        FieldCues.TOP_CUSTOMER,
        evidence);
    for (String risk : analysis.keyRisks()) {
      evidence.add(Evidence.at("key_risks", risk, WordEvidence.risk(memo, risk)));
    }
    evidence.addAll(unbackedFigures(analysis.rationale(), evidence));
    return evidence;
  }

  private void addMoney(
      String field, @Nullable Money money, FieldCues cues, List<Evidence> evidence) {
    if (money != null) {
      evidence.add(Evidence.at(field, money, firstSpan(figure -> supports(figure, money, cues))));
    }
  }

  private void addNumber(
      String field,
      @Nullable BigDecimal number,
      Figure.Kind kind,
      FieldCues cues,
      List<Evidence> evidence) {
    if (number != null) {
      evidence.add(
          Evidence.at(field, number, firstSpan(figure -> supports(figure, number, kind, cues))));
    }
  }

  private @Nullable Span firstSpan(Predicate<Figure> supports) {
    return figures.stream().filter(supports).map(Figure::span).findFirst().orElse(null);
  }

  private boolean supports(Figure figure, Money money, FieldCues cues) {
    BigDecimal amount = money.absolute();
    switch (figure.kind()) {
      case MONEY -> {
        CurrencyUnits.@Nullable Header header =
            figure.power() == 0 ? layout.units(figure.span()) : null;
        int power =
            header != null && header.currencies().equals(figure.currencies())
                ? header.power()
                : figure.power();
        if (!figure.currencies().contains(money.currency()) || !figure.reads(amount, power)) {
          return false;
        }
      }
      case BARE -> {
        CurrencyUnits.@Nullable Header header = layout.units(figure.span());
        if (header == null
            || !header.currencies().contains(money.currency())
            || !figure.reads(amount, figure.power() == 0 ? header.power() : figure.power())) {
          return false;
        }
      }
      case PERCENT, MULTIPLE -> {
        return false;
      }
    }
    return isAbout(figure, cues) && signFits(figure, amount, LOSS, NEVER);
  }

  private boolean supports(Figure figure, BigDecimal number, Figure.Kind kind, FieldCues cues) {
    boolean kindFits =
        figure.kind() == kind || (figure.kind() == Figure.Kind.BARE && isLabelled(figure, kind));
    return kindFits
        && figure.reads(number)
        && isAbout(figure, cues)
        && signFits(figure, number, DOWN, UP);
  }

  /** A bare number whose row or column says in which unit it is: {@code Growth (%) | 12.4}. */
  private boolean isLabelled(Figure figure, Figure.Kind kind) {
    Span sentence = layout.sentence(figure.span());
    String label =
        memo.substring(sentence.start(), figure.span().start())
            + " "
            + layout.columnHeader(figure.span());
    return switch (kind) {
      case PERCENT ->
          label.contains("%") || label.contains("per cent") || label.contains("percent");
      case MULTIPLE ->
          label.contains("(x)") || label.contains("EV/EBITDA") || label.contains("et debt/EBITDA");
      case MONEY, BARE -> false;
    };
  }

  private boolean isAbout(Figure figure, FieldCues cues) {
    Span sentence = layout.sentence(figure.span());
    return cues.isAbout(
        layout.text(sentence),
        figure.span().start() - sentence.start(),
        figure.span().end() - sentence.start(),
        layout.columnHeader(figure.span()),
        layout.rowsHeader(figure.span()));
  }

  /** A negative value needs a sign, parentheses or a word; a positive one must have no minus. */
  private boolean signFits(Figure figure, BigDecimal value, Pattern down, Pattern up) {
    Span sentence = layout.sentence(figure.span());
    int from = figure.span().start() - sentence.start();
    int to = figure.span().end() - sentence.start();
    double nearestDown = FieldCues.nearest(down, layout.text(sentence), from, to);
    boolean says =
        nearestDown < Double.POSITIVE_INFINITY
            && nearestDown <= FieldCues.nearest(up, layout.text(sentence), from, to);
    return switch (figure.sign()) {
      case MINUS -> value.signum() < 0;
      case PARENTHESES -> value.signum() < 0 || !says;
      case NONE -> value.signum() < 0 == says || value.signum() == 0;
    };
  }

  private List<Evidence> unbackedFigures(String rationale, List<Evidence> evidence) {
    return FigureScanner.scan(rationale, new NumberReader(rationale)).stream()
        .filter(figure ->
            evidence.stream()
                .filter(entry -> entry.status() != Evidence.Status.UNSUPPORTED)
                .noneMatch(entry -> backs(entry.value(), figure)))
        .map(figure -> Evidence.unsupported("rationale", figure.span().of(rationale)))
        .toList();
  }

  private static boolean backs(Object value, Figure figure) {
    return switch (value) {
      case BigDecimal number ->
          (figure.kind() == Figure.Kind.PERCENT
                  || figure.kind() == Figure.Kind.MULTIPLE
                  || figure.kind() == Figure.Kind.BARE)
              && figure.reads(number);
      case Money money ->
          figure.power() == 0
              ? figure.reads(money.amount())
              : figure.reads(money.absolute(), figure.power());
      default -> false;
    };
  }
}
