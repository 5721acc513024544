package dev.baton.router.deals;

import java.math.BigDecimal;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code deal-analysis/v1}: what a memo says, null where it does not disclose it.
 *
 * @param evEbitda as the memo states it, never computed
 * @param revenueGrowthPct over the prior year, negative when revenue fell
 * @param netLeverage net debt over EBITDA
 * @param topCustomerPct the largest customer's share of revenue
 * @param keyRisks categories of {@link DealVocabulary#RISKS}, 4 at most
 */
record DealAnalysis(
    String company,
    String sector,
    String transactionType,
    @Nullable Money enterpriseValue,
    @Nullable Money revenue,
    @Nullable Money ebitda,
    @Nullable BigDecimal evEbitda,
    @Nullable BigDecimal revenueGrowthPct,
    @Nullable BigDecimal netLeverage,
    @Nullable BigDecimal topCustomerPct,
    List<String> keyRisks,
    String recommendation,
    String rationale) {
  DealAnalysis {
    keyRisks = List.copyOf(keyRisks);
  }
}
