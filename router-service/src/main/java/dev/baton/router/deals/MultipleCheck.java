package dev.baton.router.deals;

import java.math.BigDecimal;
import java.math.MathContext;
import org.jspecify.annotations.Nullable;

/** Whether EV/EBITDA follows from its parts, as exactly as their digits allow. Pure. */
final class MultipleCheck {
  private MultipleCheck() {}

  /**
   * False only where the parts are known, in one currency, and no values that round to them give
   * the multiple. A stated multiple may be rounded or cut: one unit of its last digit is allowed.
   */
  static boolean follows(DealAnalysis analysis) {
    @Nullable BigDecimal multiple = analysis.evEbitda();
    @Nullable Money value = analysis.enterpriseValue();
    @Nullable Money ebitda = analysis.ebitda();
    if (multiple == null
        || value == null
        || ebitda == null
        || !value.currency().equals(ebitda.currency())) {
      return true;
    }
    BigDecimal halfValue = half(value);
    BigDecimal halfEbitda = half(ebitda);
    BigDecimal lowEbitda = ebitda.absolute().subtract(halfEbitda);
    BigDecimal highEbitda = ebitda.absolute().add(halfEbitda);
    if (highEbitda.signum() <= 0) {
      return multiple.signum() < 0;
    }
    if (lowEbitda.signum() <= 0) {
      return true;
    }
    BigDecimal low = value.absolute().subtract(halfValue).divide(highEbitda, MathContext.DECIMAL64);
    BigDecimal high = value.absolute().add(halfValue).divide(lowEbitda, MathContext.DECIMAL64);
    return multiple.add(multiple.ulp()).compareTo(low) >= 0
        && multiple.subtract(multiple.ulp()).compareTo(high) <= 0;
  }

  /** Half a unit of the last digit. */
  private static BigDecimal half(Money money) {
    return money
        .amount()
        .ulp()
        .scaleByPowerOfTen(money.unit().power())
        .divide(BigDecimal.TWO, MathContext.DECIMAL64);
  }
}
