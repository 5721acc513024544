package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads numbers as memos write them: {@code 1,234.5}, {@code 1.234,5}, {@code 1 234,5}, {@code
 * 1'234.5}. Where one literal can be read in two ways ({@code 1.200}), the memo's other numbers
 * decide, and where they do not, both readings stand. Immutable.
 */
final class NumberReader {
  private static final String SPACES = " \\u00a0\\u202f\\u2009";

  /** A whole number with groups of three, or a plain one; each with or without a fraction. */
  static final Pattern LITERAL =
      Pattern.compile(
          "(?<![\\d])(?<![\\d][.,/:'’])"
              + "(?:\\d{1,3}(?:([.,'’"
              + SPACES
              + "])\\d{3}(?!\\d))(?:\\1\\d{3}(?!\\d))*(?:[.,]\\d+)?|\\d+(?:[.,]\\d+)?)"
              + "(?![.,/:'’]?\\d)");

  private static final Pattern POINT_DECIMAL =
      Pattern.compile(
          "(?<![\\d.,])(?:\\d+\\.(?:\\d{1,2}|\\d{4,})|\\d{1,3}(?:,\\d{3})+\\.\\d+)(?![\\d.,]*\\d)");
  private static final Pattern COMMA_DECIMAL =
      Pattern.compile(
          "(?<![\\d.,])(?:\\d+,(?:\\d{1,2}|\\d{4,})|\\d{1,3}(?:\\.\\d{3})+,\\d+)(?![\\d.,]*\\d)");

  private final boolean pointDecimals;
  private final boolean commaDecimals;

  NumberReader(String memo) {
    boolean points = POINT_DECIMAL.matcher(memo).find();
    boolean commas = COMMA_DECIMAL.matcher(memo).find();
    this.pointDecimals = points || !commas;
    this.commaDecimals = commas || !points;
  }

  /** What a match of {@link #LITERAL} can mean, never negative; one reading or two. */
  List<BigDecimal> readings(String literal) {
    Matcher grouped =
        Pattern.compile("\\d{1,3}([.,'’" + SPACES + "])\\d{3}(?:\\1\\d{3})*([.,]\\d+)?")
            .matcher(literal);
    List<BigDecimal> readings = new ArrayList<>();
    if (grouped.matches()) {
      char group = grouped.group(1).charAt(0);
      String fraction = grouped.group(2);
      if (fraction != null && fraction.charAt(0) == group) {
        return List.of();
      }
      boolean mayGroup =
          fraction != null
              || (group != '.' && group != ',')
              || (group == '.' ? commaDecimals : pointDecimals);
      if (mayGroup) {
        String whole =
            literal.substring(0, literal.length() - (fraction == null ? 0 : fraction.length()));
        readings.add(
            new BigDecimal(
                whole.replaceAll("\\D", "")
                    + (fraction == null ? "" : "." + fraction.substring(1))));
      }
    }
    if (literal.matches("\\d+(?:[.,]\\d+)?")) {
      boolean mayBeDecimal =
          (!literal.contains(".") && !literal.contains(","))
              || readings.isEmpty()
              || (literal.contains(".") ? pointDecimals : commaDecimals);
      if (mayBeDecimal) {
        readings.add(new BigDecimal(literal.replace(',', '.')));
      }
    }
    return readings;
  }
}
