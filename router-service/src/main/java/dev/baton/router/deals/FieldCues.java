package dev.baton.router.deals;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What tells that a figure is about one field: words that name the field, words that name other
 * things of the same kind (the nearest wins), and words that say it is about somebody else or
 * another time. Pure.
 */
record FieldCues(Pattern own, Pattern others, Pattern foreign) {
  /** A cue behind a figure counts as this much farther than one before it. */
  private static final double BEHIND = 1.5;

  private static final String ELSEWHERE =
      "competitor|\\brival|^transaction$|was sold|\\bpeers?\\b|comparable|\\bmarket\\b|budget|forecast|foresee|business plan|"
          + "\\bplans\\b|planned|\\bexpect|previous year|prior[- ]year|year before|had been|subsidiar|covenant|\\b20\\d\\d[EPBF]\\b";
  private static final String MONEY_OTHERS =
      "capex|capital expenditure|working capital|cash(?!-free)|equity|facility|debt(?!-free)|fees|backlog|"
          + "orders|subsid|pension|\\brents?\\b|gross profit|net income|\\bEBITA?\\b|margin|reinvest|multiple";
  private static final String EV =
      "enterprise value|\\bEV\\b(?!\\s*/)|valued at|valuation|purchase price";
  private static final String REVENUE =
      "revenues?(?! growth)|\\bsales\\b(?! growth)|turnover|turned over|top line";
  private static final String EBITDA = "(?<!/)(?<!/ )EBITDA(?!\\s+margin)";

  static final FieldCues ENTERPRISE_VALUE =
      of(EV, REVENUE + "|" + EBITDA + "|" + MONEY_OTHERS, ELSEWHERE);
  static final FieldCues REVENUE_CUES =
      of(REVENUE, EV + "|" + EBITDA + "|" + MONEY_OTHERS, ELSEWHERE);
  static final FieldCues EBITDA_CUES =
      of(EBITDA, EV + "|" + REVENUE + "|" + MONEY_OTHERS, ELSEWHERE);
  static final FieldCues EV_EBITDA =
      of(
          "EBITDA|multiple",
          "(?!)",
          "competitor|\\brival|^transaction$|\\bpeers?\\b|comparable|\\bmarket\\b|average|changed hands|covenant|leverage|net debt|interest cover|\\bbudget|forecast");
  static final FieldCues GROWTH =
      of(
          "\\bgr[eo]w|growth|\\brose\\b|\\brise|increas|\\bup\\b|expanded|advanced|gained|\\bfell\\b|\\bfall|declin|decreas|shrank|shrunk|\\bdown\\b|contracted|dropp|slipped|\\blost\\b|change in|year[- ]on[- ]year|\\byoy\\b",
          "margin|share|customer|export|turnover rate",
          "\\bmarket\\b|inflation|analyst|competitor|\\bpeers?\\b|\\brival|budget|forecast|foresee|\\bplan");
  static final FieldCues LEVERAGE =
      of(
          "leverage|net debt|debt/EBITDA",
          "interest cover|multiple",
          "covenant|gross leverage|\\bpeers?\\b|should fall|stress|competitor|net debt of \\p{Lu}[^.]* equals");
  static final FieldCues TOP_CUSTOMER =
      of(
          "(?:largest|biggest|top|number one|single|main|top-1|one)[^.|]{0,30}?(?:customer|client|account|buyer)(?!s)|customer no\\. ?1",
          "margin|export|market share|growth|supplier|staff",
          "(?:two|three|four|five|ten|\\b\\d+)\\s+(?:\\w+ )?(?:customers|clients|accounts)|second|customers together|suppliers");

  private static FieldCues of(String own, String others, String foreign) {
    int flags = Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE;
    return new FieldCues(
        Pattern.compile(own, flags),
        Pattern.compile(others, flags),
        Pattern.compile(foreign, flags));
  }

  /**
   * Whether a figure of a sentence is about the field.
   *
   * @param column header of the figure's column in a table, perhaps empty
   * @param rows what the table's rows are, perhaps empty
   */
  boolean isAbout(String sentence, int from, int to, String column, String rows) {
    if (foreign.matcher(column).find()
        || foreign.matcher(rows).find()
        || isForeign(sentence, from, to)) {
      return false;
    }
    double own = nearest(this.own, sentence, from, to);
    if (own == Double.POSITIVE_INFINITY) {
      return this.own.matcher(column).find() && !others.matcher(column).find();
    }
    return own <= nearest(others, sentence, from, to);
  }

  /** Before the figure anywhere, behind it in the same clause. */
  private boolean isForeign(String sentence, int from, int to) {
    Matcher matcher = foreign.matcher(sentence);
    while (matcher.find()) {
      boolean sameClause =
          matcher.end() <= from
              || sentence
                  .substring(Math.min(to, matcher.start()), matcher.start())
                  .matches("[^,;:()–]*");
      if (sameClause) {
        return true;
      }
    }
    return false;
  }

  /** Distance of the nearest cue in characters; infinite where there is none. */
  static double nearest(Pattern cue, String sentence, int from, int to) {
    double nearest = Double.POSITIVE_INFINITY;
    Matcher matcher = cue.matcher(sentence);
    while (matcher.find()) {
      double distance =
          matcher.end() <= from
              ? from - matcher.end()
              : matcher.start() >= to ? (matcher.start() - to) * BEHIND : 0;
      nearest = Math.min(nearest, distance);
    }
    return nearest;
  }
}
