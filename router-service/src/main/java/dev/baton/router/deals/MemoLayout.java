package dev.baton.router.deals;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What belongs together in a memo: sentences, rows, and the headers above them. Immutable. */
final class MemoLayout {
  private static final Pattern OWN_LINE =
      Pattern.compile("\\s*(?:[-*•–|#]|\\(?[ivx\\d]{1,4}[.)]\\s).*|.*(?:\\||\\.{4}| {3}).*");
  private static final Pattern RULE = Pattern.compile("[\\s|:=-]*");

  private static final Pattern NUMBER_WORD =
      Pattern.compile("\\b(?:no|nr|ca|approx|about|fig)$", Pattern.CASE_INSENSITIVE);

  /** A line shorter than this was not wrapped. */
  private static final int WRAPPED = 55;

  private static final int HEADER_REACH = 40;

  private final String memo;
  private final List<Span> lines = new ArrayList<>();

  MemoLayout(String memo) {
    this.memo = memo;
    int from = 0;
    while (from < memo.length()) {
      int to = memo.indexOf('\n', from);
      to = to < 0 ? memo.length() : to;
      if (to > from) {
        lines.add(new Span(from, to));
      }
      from = to + 1;
    }
  }

  /** Text of a sentence with its line breaks as spaces, so that cues match across them. */
  String text(Span sentence) {
    return sentence.of(memo).replace('\n', ' ');
  }

  /** The sentence or row around a figure; a figure that crosses a full stop belongs to both. */
  Span sentence(Span figure) {
    int start = figure.start();
    while (start > 0 && !isBorder(start)) {
      start--;
    }
    int end = figure.end();
    while (end < memo.length() && !isBorder(end)) {
      end++;
    }
    return new Span(start, end);
  }

  /** Whether a sentence or row ends before {@code at}. */
  private boolean isBorder(int at) {
    char before = memo.charAt(at - 1);
    if (before == '\n') {
      return isHardBreak(at - 1);
    }
    if (!Character.isWhitespace(before) || at < 2 || at >= memo.length()) {
      return false;
    }
    char last = memo.charAt(at - 2);
    char next = memo.charAt(at);
    if (last == '.' && (isLeader(at - 2) || (Character.isDigit(next) && isNumberWord(at - 2)))) {
      return false;
    }
    return (last == '.' || last == '!' || last == '?' || last == ';')
        && (last == ';'
            || Character.isUpperCase(next)
            || Character.isDigit(next)
            || "“\"(€$£¥".indexOf(next) >= 0);
  }

  /** Dots that lead from a label to its value. */
  private boolean isLeader(int dot) {
    return dot > 0 && memo.charAt(dot - 1) == '.';
  }

  /** {@code no. 1}, {@code ca. 30}, {@code approx. 5}. */
  private boolean isNumberWord(int dot) {
    return NUMBER_WORD.matcher(memo.substring(Math.max(0, dot - 8), dot)).find();
  }

  /** A line break ends the sentence unless it looks like the wrap of a paragraph. */
  private boolean isHardBreak(int newline) {
    int from = memo.lastIndexOf('\n', newline - 1) + 1;
    int end = memo.indexOf('\n', newline + 1);
    String line = memo.substring(from, newline);
    String next = memo.substring(newline + 1, end < 0 ? memo.length() : end);
    boolean ends = line.endsWith(".") || line.endsWith("!") || line.endsWith("?");
    return ends
        || line.length() < WRAPPED
        || next.isBlank()
        || OWN_LINE.matcher(next).matches()
        || line.contains("|");
  }

  /** Header cell above a figure in a table; empty where there is none. */
  String columnHeader(Span figure) {
    return header(figure, false);
  }

  /** What the rows of the figure's table are, as their common header says; perhaps empty. */
  String rowsHeader(Span figure) {
    return header(figure, true);
  }

  private String header(Span figure, boolean ofRows) {
    int index = lineOf(figure.start());
    if (index < 0 || !isRow(index)) {
      return "";
    }
    int top = index;
    while (top > 0 && isRow(top - 1) && adjacent(top - 1)) {
      top--;
    }
    return top == index ? "" : cell(top, ofRows ? 0 : column(index, figure.start()));
  }

  /** Currency and unit of bare numbers at this place: from the row, the header, or above it. */
  CurrencyUnits.@Nullable Header units(Span figure) {
    int index = lineOf(figure.start());
    if (index < 0) {
      return null;
    }
    CurrencyUnits.Header own =
        CurrencyUnits.header(
            memo.substring(Math.min(lines.get(index).start(), figure.start()), figure.start()));
    if (own != null) {
      return own;
    }
    CurrencyUnits.Header column = CurrencyUnits.header(columnHeader(figure));
    if (column != null) {
      return column;
    }
    for (int line = index - 1; line >= 0 && line > index - HEADER_REACH; line--) {
      String text = text(line);
      CurrencyUnits.Header above = isRow(line) ? CurrencyUnits.header(cell(line, 0)) : header(text);
      if (above != null) {
        return above;
      }
      if (!isRow(line) && !OWN_LINE.matcher(text).matches() && gapAbove(line)) {
        return null;
      }
    }
    return null;
  }

  /** A header names currency and unit and no figure. */
  private static CurrencyUnits.@Nullable Header header(String text) {
    return text.chars().anyMatch(Character::isDigit) ? null : CurrencyUnits.header(text);
  }

  private boolean gapAbove(int line) {
    return line == 0 || !adjacent(line - 1);
  }

  private boolean adjacent(int line) {
    return lines.get(line + 1).start() - lines.get(line).end() == 1;
  }

  private boolean isRow(int line) {
    return text(line).indexOf('|') >= 0 || RULE.matcher(text(line)).matches();
  }

  private int column(int line, int at) {
    return (int)
        memo.substring(Math.min(lines.get(line).start(), at), at)
            .chars()
            .filter(c -> c == '|')
            .count();
  }

  private String cell(int line, int column) {
    String row = text(line);
    int skip = row.stripLeading().startsWith("|") ? 1 : 0;
    String[] cells = row.split("\\|", -1);
    int index = column == 0 ? skip : column;
    return index < cells.length ? cells[index].strip() : "";
  }

  private String text(int line) {
    return lines.get(line).of(memo);
  }

  private int lineOf(int at) {
    for (int i = 0; i < lines.size(); i++) {
      if (at < lines.get(i).end()) {
        return i;
      }
    }
    return -1;
  }
}
