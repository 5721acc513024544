package dev.baton.router.text;

import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a user's text from becoming special tokens. Before rendering, markers are put around each
 * content and inside every spelling of a special token within it; after rendering they are removed,
 * and the text is cut wherever a special token's spelling touches content: no piece between two
 * cuts holds such a spelling whole, so the tokenizer reads it as plain characters. Text without
 * such spellings is encoded in one piece, exactly as the model's reference tokenizer does.
 *
 * <p>Markers are noncharacters around random digits, drawn per render, so that no content can
 * contain them; they sit inside the content's outer white space, so that a template's {@code trim}
 * works as usual.
 */
final class MarkedText {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final @Nullable Pattern special;
  private final String border;
  private final String cut;

  /** A marker set for one render. */
  MarkedText(List<String> specialTexts) {
    this.special = specialPattern(specialTexts);
    String secret = Long.toUnsignedString(RANDOM.nextLong());
    this.border = "\uFDD0" + secret + "\uFDD0";
    this.cut = "\uFDD1" + secret + "\uFDD1";
  }

  /** The content with markers; white space alone needs none. */
  String mark(String content) {
    String body = content.strip();
    if (body.isEmpty() || special == null) {
      return content;
    }
    int start = content.indexOf(body);
    return content.substring(0, start)
        + border
        + withCuts(body, special)
        + border
        + content.substring(start + body.length());
  }

  /** The rendered text without markers, in pieces to be encoded one by one. */
  List<String> pieces(String rendered) {
    var text = new StringBuilder(rendered.length());
    List<Integer> borders = new ArrayList<>();
    TreeSet<Integer> cuts = new TreeSet<>();
    int at = 0;
    while (at < rendered.length()) {
      if (rendered.startsWith(border, at)) {
        borders.add(text.length());
        at += border.length();
      } else if (rendered.startsWith(cut, at)) {
        cuts.add(text.length());
        at += cut.length();
      } else {
        text.append(rendered.charAt(at++));
      }
    }
    cutAcross(text, borders, cuts);
    List<String> pieces = new ArrayList<>();
    int from = 0;
    for (int to : cuts) {
      pieces.add(text.substring(from, to));
      from = to;
    }
    pieces.add(text.substring(from));
    pieces.removeIf(String::isEmpty);
    return pieces;
  }

  /** How many special tokens the tokenizer will see in a piece. */
  int specials(String piece) {
    return special == null ? 0 : (int) special.matcher(piece).results().count();
  }

  /** A spelling that only arises where content meets its surroundings is cut at the border. */
  private void cutAcross(CharSequence text, List<Integer> borders, TreeSet<Integer> cuts) {
    if (special == null) {
      return;
    }
    Matcher matcher = special.matcher(text);
    for (int from = 0; from < text.length() && matcher.find(from); from = matcher.start() + 1) {
      for (int border : borders) {
        if (border > matcher.start() && border < matcher.end()) {
          cuts.add(border);
        }
      }
    }
  }

  /** A marker behind the first character of every spelling, overlapping ones included. */
  private String withCuts(String body, Pattern special) {
    var marked = new StringBuilder(body.length());
    Matcher matcher = special.matcher(body);
    int done = 0;
    for (int from = 0; from < body.length() && matcher.find(from); from = matcher.start() + 1) {
      marked.append(body, done, matcher.start() + 1).append(cut);
      done = matcher.start() + 1;
    }
    return marked.append(body, done, body.length()).toString();
  }

  private static @Nullable Pattern specialPattern(List<String> texts) {
    List<String> longestFirst = new ArrayList<>(texts);
    longestFirst.removeIf(String::isEmpty);
    if (longestFirst.isEmpty()) {
      return null;
    }
    longestFirst.sort((a, b) -> Integer.compare(b.length(), a.length()));
    return Pattern.compile(String.join("|", longestFirst.stream().map(Pattern::quote).toList()));
  }
}
