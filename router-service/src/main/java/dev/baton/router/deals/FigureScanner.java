package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds every figure of a text. Pure. */
final class FigureScanner {
  private static final String GAP = "[ \\u00a0\\u202f\\u2009]?";
  private static final String LINE_GAP = "(?:[ \\u00a0\\u202f\\u2009]|[ ]?\\n)?";

  /** What may stand directly before a number: sign, currency with or without unit, parenthesis. */
  private static final Pattern BEFORE =
      Pattern.compile(
          "(?<sign>(?<![\\p{L}\\d)%])[-−–])?(?<open>\\()?(?:(?<![\\p{L}])(?<prefix>[TkKmM])?(?<currency>"
              + CurrencyUnits.CURRENCY
              + ")"
              + GAP
              + "(?<unit>"
              + CurrencyUnits.UNIT
              + "(?![\\p{L}]))?)?"
              + LINE_GAP
              + "(?<inner>(?<![\\p{L}\\d)%])[-−–])?(?<paren>\\()?$");

  private static final Pattern PERCENT =
      Pattern.compile(
          "^\\)?"
              + GAP
              + "(?:%|(?:per"
              + LINE_GAP
              + "cent|pct|Prozent)(?!\\p{L})(?!age))\\)?(?!-?points)");
  private static final Pattern MULTIPLE =
      Pattern.compile("^" + LINE_GAP + "(?:[x×X](?![\\p{L}\\d])|times(?!\\p{L}))");
  private static final Pattern AFTER =
      Pattern.compile(
          "^(?<close>\\))?(?:"
              + LINE_GAP
              + "(?<unit>"
              + CurrencyUnits.UNIT
              + ")(?![\\p{L}]))?(?:"
              + LINE_GAP
              + "(?<currency>"
              + CurrencyUnits.CURRENCY
              + ")(?![\\p{L}]))?(?<end>\\))?");

  private static final int REACH = 24;

  private FigureScanner() {}

  static List<Figure> scan(String text, NumberReader numbers) {
    List<Figure> figures = new ArrayList<>();
    Matcher literal = NumberReader.LITERAL.matcher(text);
    while (literal.find()) {
      List<BigDecimal> readings = numbers.readings(literal.group());
      if (!readings.isEmpty()) {
        addFigure(text, literal.start(), literal.end(), readings, figures);
      }
    }
    return figures;
  }

  private static void addFigure(
      String text, int start, int end, List<BigDecimal> readings, List<Figure> figures) {
    Matcher before =
        BEFORE.matcher(text).region(Math.max(0, start - REACH), start).useTransparentBounds(true);
    if (!before.find()) {
      return;
    }
    boolean currencyBefore = before.group("currency") != null;
    if (!currencyBefore && start > 0 && Character.isLetter(text.charAt(start - 1))) {
      return;
    }
    boolean minus = before.group("sign") != null || before.group("inner") != null;
    boolean open = before.group("open") != null || before.group("paren") != null;
    int from = before.start();
    while (from < start && isSpace(text.charAt(from))) {
      from++;
    }
    String rest = text.substring(end, Math.min(text.length(), end + REACH));
    Matcher percent = PERCENT.matcher(rest);
    Matcher multiple = MULTIPLE.matcher(rest);
    if (!currencyBefore && percent.find()) {
      boolean closed = percent.group().contains(")");
      boolean negative = minus || (open && percent.group().startsWith(")"));
      int to = end + percent.end();
      add(text, readings, Figure.Kind.PERCENT, negative, open && closed, from, to, figures);
    } else if (!currencyBefore && multiple.find()) {
      add(text, readings, Figure.Kind.MULTIPLE, minus, false, from, end + multiple.end(), figures);
    } else {
      addAmount(text, before, rest, from, end, readings, figures);
    }
  }

  private static void add(
      String text,
      List<BigDecimal> readings,
      Figure.Kind kind,
      boolean minus,
      boolean parentheses,
      int from,
      int to,
      List<Figure> figures) {
    Figure.Sign sign =
        minus ? Figure.Sign.MINUS : parentheses ? Figure.Sign.PARENTHESES : Figure.Sign.NONE;
    int start = text.charAt(from) == '(' && !parentheses ? from + 1 : from;
    int end = text.charAt(to - 1) == ')' && !parentheses ? to - 1 : to;
    figures.add(new Figure(readings, kind, sign, Set.of(), 0, new Span(start, end)));
  }

  private static void addAmount(
      String text,
      Matcher before,
      String rest,
      int from,
      int end,
      List<BigDecimal> readings,
      List<Figure> figures) {
    Matcher after = AFTER.matcher(rest);
    boolean found = after.find();
    String currency = before.group("currency");
    if (currency == null && found) {
      currency = after.group("currency");
    }
    boolean open = before.group("open") != null || before.group("paren") != null;
    boolean closed = found && (after.group("close") != null || after.group("end") != null);
    boolean minus = before.group("sign") != null || before.group("inner") != null;
    Figure.Sign sign =
        minus ? Figure.Sign.MINUS : open && closed ? Figure.Sign.PARENTHESES : Figure.Sign.NONE;
    int power =
        Math.max(
            CurrencyUnits.power(before.group("prefix")),
            Math.max(
                CurrencyUnits.power(before.group("unit")),
                found ? CurrencyUnits.power(after.group("unit")) : 0));
    int to = found && (currency != null || power > 0) ? end + after.end() : end;
    int start = from;
    if (sign != Figure.Sign.PARENTHESES) {
      start = text.charAt(start) == '(' ? start + 1 : start;
      to = to > end && text.charAt(to - 1) == ')' ? to - 1 : to;
    }
    Figure.Kind kind = currency == null ? Figure.Kind.BARE : Figure.Kind.MONEY;
    figures.add(
        new Figure(
            readings, kind, sign, CurrencyUnits.currencies(currency), power, new Span(start, to)));
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }
}
