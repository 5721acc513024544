package dev.baton.router.deals;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Passages that support the closed lists: words that are typical of each entry. Pure. */
final class WordEvidence {
  private static final Map<String, Pattern> TRANSACTIONS =
      Map.ofEntries(
          words(
              "buyout",
              "(?<!management\\s)(?<!secondary\\s)(?:majority |leveraged |control )?buy-?out"),
          words("management_buyout", "management(?:-led)? buy-?out|\\bMBO\\b"),
          words("secondary_buyout", "secondary buy-?out|sponsor-to-sponsor"),
          words("minority_investment", "minority (?:stake|investment|position)|non-controlling"),
          words("growth_investment", "growth (?:investment|equity|capital)"),
          words("carve_out", "carve-?out"),
          words("add_on", "add-on|bolt-on"),
          words("merger", "(?<!-)\\bmerger\\b"),
          words("take_private", "take-private|public-to-private|\\bP2P\\b"),
          words("recapitalisation", "recapitali[sz]ation"));

  private static final Map<String, Pattern> RISKS =
      Map.ofEntries(
          words(
              "customer_concentration",
              "customer concentration|(?:few|small number of)(?: \\w+){0,2} customers|loss of a (?:major|key) customer|narrow customer base"),
          words("supplier_dependency", "suppliers?\\b|sole-source"),
          words("cyclicality", "cyclical\\w*|economic cycle|recession|downturn"),
          words("regulation", "regulat\\w+"),
          words("key_person", "key[- ]person|founder|managing director|chief executive"),
          words("currency_exposure", "currenc\\w+|foreign exchange|exchange[- ]rates?|\\bFX\\b"),
          words("litigation", "litigation|lawsuit|court|legal proceedings"),
          words("technology_change", "technolog\\w+|obsolescence|obsolete|technically outdated"),
          words("integration", "integrat\\w+"),
          words("cyber_security", "cyber\\w*|IT security|security gaps|data breach"),
          words(
              "labour_shortage",
              "(?:labour|labor|staff) shortages?|skilled (?:workers|labour|labor|staff)|qualified (?:staff|workers)|shortage of \\w+ (?:staff|labour|labor|workers)"),
          words("input_costs", "input[- ]costs?|raw[- ]materials?|energy costs?"),
          words("competition", "competiti\\w+|competitors?"),
          words("environmental_liability", "environmental|contaminat\\w+|clean-up|remediation"),
          words(
              "refinancing",
              "refinanc\\w+|debt matures|loans? matur\\w+|maturities|credit facility expires"));

  private static final Pattern RISK_HEADING =
      Pattern.compile(
          "(?m)^.{0,20}\\brisk(?:s| factors| assessment| review)\\b.{0,60}$",
          Pattern.CASE_INSENSITIVE);

  private WordEvidence() {}

  static @Nullable Span sector(String memo, String sector) {
    for (String spelling : List.of(sector, sector.replace("&", "and"))) {
      @Nullable Span span = CompanyFinder.find(memo, spelling);
      if (span != null) {
        return span;
      }
    }
    return null;
  }

  static @Nullable Span transaction(String memo, String type) {
    return first(memo, TRANSACTIONS.get(type), 0);
  }

  /** Behind a heading about risks where there is one, else anywhere. */
  static @Nullable Span risk(String memo, String risk) {
    Matcher heading = RISK_HEADING.matcher(memo);
    while (heading.find()) {
      @Nullable Span span = first(memo, RISKS.get(risk), heading.end());
      if (span != null) {
        return span;
      }
    }
    return first(memo, RISKS.get(risk), 0);
  }

  private static @Nullable Span first(String memo, @Nullable Pattern words, int from) {
    if (words == null) {
      return null;
    }
    Matcher matcher = words.matcher(memo);
    return matcher.find(from) ? new Span(matcher.start(), matcher.end()) : null;
  }

  private static Map.Entry<String, Pattern> words(String entry, String pattern) {
    return Map.entry(
        entry,
        Pattern.compile(
            pattern.replace(" ", "\\s+"), Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE));
  }
}
