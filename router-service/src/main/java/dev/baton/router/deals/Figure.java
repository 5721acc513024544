package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.List;
import java.util.Set;

/**
 * A number in a memo with what stands around it.
 *
 * @param readings what it can mean, without sign; at least one
 * @param sign what its own notation says
 * @param currencies what the currency mark can mean; empty where there is none
 * @param power of ten of the unit beside it; 0 where there is none
 * @param span the number with sign, currency, unit, percent or multiple mark
 */
record Figure(
    List<BigDecimal> readings, Kind kind, Sign sign, Set<String> currencies, int power, Span span) {

  enum Kind {
    PERCENT,
    MULTIPLE,
    MONEY,
    /** Nothing tells; in a table the header may. */
    BARE
  }

  enum Sign {
    NONE,
    MINUS,
    /** In parentheses: negative in accounts, an aside in prose. */
    PARENTHESES
  }

  /** Whether a reading is this number, signs aside. */
  boolean reads(BigDecimal number) {
    return readings.stream().anyMatch(reading -> reading.compareTo(number.abs()) == 0);
  }

  /** Whether a reading in a unit of 10^power is this amount, signs aside. */
  boolean reads(BigDecimal amount, int unit) {
    return readings.stream()
        .anyMatch(reading -> reading.scaleByPowerOfTen(unit).compareTo(amount.abs()) == 0);
  }
}
