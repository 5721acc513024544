package dev.baton.router.deals;

/**
 * A stretch of a memo.
 *
 * @param start first character, in UTF-16 code units from the memo's beginning
 * @param end behind the last character
 */
record Span(int start, int end) {
  Span {
    if (start < 0 || end <= start) {
      throw new IllegalArgumentException("not a span: " + start + ".." + end);
    }
  }

  String of(String memo) {
    return memo.substring(start, end);
  }
}
