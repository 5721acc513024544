package dev.baton.router.deals;

import java.math.BigDecimal;

/**
 * An amount as a memo writes it.
 *
 * @param amount with the memo's decimals, in {@code unit}
 * @param currency ISO 4217
 */
record Money(BigDecimal amount, String currency, Unit unit) {

  enum Unit {
    THOUSAND("thousand", 3),
    MILLION("million", 6),
    BILLION("billion", 9);

    private final String word;
    private final int power;

    Unit(String word, int power) {
      this.word = word;
      this.power = power;
    }

    String word() {
      return word;
    }

    /** Of ten. */
    int power() {
      return power;
    }
  }

  /** In whole currency units. */
  BigDecimal absolute() {
    return amount.scaleByPowerOfTen(unit.power());
  }
}
