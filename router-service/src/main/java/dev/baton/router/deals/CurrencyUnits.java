package dev.baton.router.deals;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Spellings of currencies and of thousands, millions and billions. */
final class CurrencyUnits {
  private static final Map<String, Set<String>> SYMBOLS =
      Map.ofEntries(
          Map.entry("€", Set.of("EUR")),
          Map.entry("euro", Set.of("EUR")),
          Map.entry("euros", Set.of("EUR")),
          Map.entry("us$", Set.of("USD")),
          Map.entry("$", Set.of("USD")),
          Map.entry("dollars", Set.of("USD")),
          Map.entry("c$", Set.of("CAD")),
          Map.entry("ca$", Set.of("CAD")),
          Map.entry("a$", Set.of("AUD")),
          Map.entry("au$", Set.of("AUD")),
          Map.entry("£", Set.of("GBP")),
          Map.entry("¥", Set.of("JPY")),
          Map.entry("jp¥", Set.of("JPY")),
          Map.entry("yen", Set.of("JPY")),
          Map.entry("fr.", Set.of("CHF")),
          Map.entry("sfr.", Set.of("CHF")),
          Map.entry("zł", Set.of("PLN")),
          Map.entry("kč", Set.of("CZK")),
          Map.entry("kr", Set.of("SEK", "NOK", "DKK")),
          Map.entry("kr.", Set.of("SEK", "NOK", "DKK")));

  private static final Map<String, Integer> POWERS =
      Map.ofEntries(
          Map.entry("k", 3),
          Map.entry("t", 3),
          Map.entry("thousand", 3),
          Map.entry("thousands", 3),
          Map.entry("tsd", 3),
          Map.entry("m", 6),
          Map.entry("mm", 6),
          Map.entry("mn", 6),
          Map.entry("mln", 6),
          Map.entry("mio", 6),
          Map.entry("million", 6),
          Map.entry("millions", 6),
          Map.entry("b", 9),
          Map.entry("bn", 9),
          Map.entry("bln", 9),
          Map.entry("md", 9),
          Map.entry("mrd", 9),
          Map.entry("billion", 9),
          Map.entry("billions", 9));

  static final String CURRENCY =
      "(?:"
          + String.join("|", DealVocabulary.CURRENCIES)
          + "|US\\$|CA?\\$|AU?\\$|JP¥|[€$£¥]|euros?|dollars|yen|S?Fr\\.|zł|Kč|kr\\.?)";
  static final String UNIT =
      "(?:thousands?|millions?|billions?|[Tt]sd\\.?|Mio\\.?|mio\\.?|Mrd\\.?|mrd\\.?|mln|bln|Md|mm|MM|mn|MN|bn|BN|[kKmMbBT])";

  /** Currency and unit named together, as a table's header does. */
  private static final Pattern TOGETHER =
      Pattern.compile(
          "(?<!\\p{L})(?:(?<c1>"
              + CURRENCY
              + ")[\\s']*(?<u1>"
              + UNIT
              + ")(?!\\p{L})|(?<u2>"
              + UNIT
              + ")\\s*(?<c2>"
              + CURRENCY
              + ")(?!\\p{L}))");

  /** What all bare numbers below a header are. */
  record Header(Set<String> currencies, int power) {}

  private CurrencyUnits() {}

  static Set<String> currencies(@Nullable String mark) {
    if (mark == null) {
      return Set.of();
    }
    Set<String> named = SYMBOLS.get(mark.toLowerCase(Locale.ROOT));
    return named != null ? named : Set.of(mark);
  }

  static int power(@Nullable String unit) {
    if (unit == null) {
      return 0;
    }
    String plain = unit.toLowerCase(Locale.ROOT);
    return POWERS.getOrDefault(
        plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain, 0);
  }

  /** The last currency with a unit in a text, null where there is none. */
  static @Nullable Header header(String text) {
    @Nullable Header last = null;
    Matcher matcher = TOGETHER.matcher(text);
    while (matcher.find()) {
      String currency = matcher.group("c1") != null ? matcher.group("c1") : matcher.group("c2");
      String unit = matcher.group("u1") != null ? matcher.group("u1") : matcher.group("u2");
      last = new Header(currencies(currency), power(unit));
    }
    return last;
  }
}
