package dev.baton.router.deals;

import java.util.List;

/** The closed lists of {@code deal-analysis/v1}. */
final class DealVocabulary {
  static final List<String> SECTORS =
      List.of(
          "Aerospace & Defence",
          "Agriculture",
          "Automotive",
          "Business Services",
          "Chemicals",
          "Construction",
          "Consumer Goods",
          "Education",
          "Energy",
          "Financial Services",
          "Food & Beverage",
          "Healthcare",
          "Industrials",
          "Life Sciences",
          "Logistics",
          "Media",
          "Real Estate",
          "Renewables",
          "Retail",
          "Software",
          "Telecommunications",
          "Travel & Leisure");

  static final List<String> TRANSACTION_TYPES =
      List.of(
          "buyout",
          "management_buyout",
          "secondary_buyout",
          "minority_investment",
          "growth_investment",
          "carve_out",
          "add_on",
          "merger",
          "take_private",
          "recapitalisation");

  static final List<String> RISKS =
      List.of(
          "customer_concentration",
          "supplier_dependency",
          "cyclicality",
          "regulation",
          "key_person",
          "currency_exposure",
          "litigation",
          "technology_change",
          "integration",
          "cyber_security",
          "labour_shortage",
          "input_costs",
          "competition",
          "environmental_liability",
          "refinancing");

  static final List<String> RECOMMENDATIONS = List.of("proceed", "proceed_with_caution", "decline");

  static final List<String> CURRENCIES =
      List.of("EUR", "USD", "GBP", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "JPY");

  static final int MAX_RISKS = 4;
  static final int MAX_COMPANY = 80;
  static final int MAX_RATIONALE = 400;

  private DealVocabulary() {}
}
