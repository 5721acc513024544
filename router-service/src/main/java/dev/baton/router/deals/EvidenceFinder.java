package dev.baton.router.deals;

import java.util.ArrayList;
import java.util.List;

/** Finds, for each extracted value, the passage of the memo that supports it. Pure. */
final class EvidenceFinder {
  private EvidenceFinder() {}

  /** One entry for each value that is not null, in the analysis' order. */
  static List<Evidence> find(String memo, DealAnalysis analysis) {
    List<Evidence> evidence = new ArrayList<>();
    evidence.add(
        Evidence.at("company", analysis.company(), CompanyFinder.find(memo, analysis.company())));
    return evidence;
  }
}
