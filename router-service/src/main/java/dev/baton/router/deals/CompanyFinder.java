package dev.baton.router.deals;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds a name whatever its case, diacritics, quotes and white space; never a part of a word. */
final class CompanyFinder {
  /** Folded text, and for each of its characters where it comes from. */
  private record Folded(String text, List<Integer> origins) {}

  private CompanyFinder() {}

  static @Nullable Span find(String memo, String name) {
    String wanted = fold(name).text().strip();
    Folded folded = fold(memo);
    for (int at = folded.text().indexOf(wanted);
        at >= 0 && !wanted.isEmpty();
        at = folded.text().indexOf(wanted, at + 1)) {
      int end = at + wanted.length();
      if (isBorder(folded.text(), at) && isBorder(folded.text(), end)) {
        return new Span(
            folded.origins().get(at), endOfCharacter(memo, folded.origins().get(end - 1)));
      }
    }
    return null;
  }

  /** Whether no word goes on across {@code at}. */
  private static boolean isBorder(String text, int at) {
    return at == 0
        || at == text.length()
        || !Character.isLetterOrDigit(text.charAt(at - 1))
        || !Character.isLetterOrDigit(text.charAt(at));
  }

  private static Folded fold(String text) {
    var folded = new StringBuilder(text.length());
    List<Integer> origins = new ArrayList<>(text.length());
    boolean space = false;
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int codePoint = text.codePointAt(i);
      boolean isSpace = Character.isWhitespace(codePoint) || Character.isSpaceChar(codePoint);
      String plain = isSpace ? (space ? "" : " ") : plain(codePoint);
      for (int k = 0; k < plain.length(); k++) {
        folded.append(plain.charAt(k));
        origins.add(i);
      }
      space = isSpace;
    }
    return new Folded(folded.toString(), origins);
  }

  private static String plain(int codePoint) {
    if (codePoint == '’' || codePoint == '‘') {
      return "'";
    }
    String decomposed = Normalizer.normalize(Character.toString(codePoint), Normalizer.Form.NFKD);
    var plain = new StringBuilder();
    decomposed
        .codePoints()
        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
        .forEach(plain::appendCodePoint);
    return plain.toString().toLowerCase(Locale.ROOT);
  }

  /** Behind the character at {@code at}, combining marks included. */
  private static int endOfCharacter(String memo, int at) {
    int end = at + Character.charCount(memo.codePointAt(at));
    while (end < memo.length()
        && Character.getType(memo.codePointAt(end)) == Character.NON_SPACING_MARK) {
      end += Character.charCount(memo.codePointAt(end));
    }
    return end;
  }
}
