package dev.baton.localstack.cli;

import java.io.Console;
import java.io.PrintStream;

/**
 * Where the commands print.
 *
 * @param out takes the text
 * @param interactive whether a person watches: colours and lines that change in place
 * @param width columns
 */
record Terminal(PrintStream out, boolean interactive, int width) {
  private static final int DEFAULT_WIDTH = 118;
  private static final int MIN_WIDTH = 80;

  static Terminal system() {
    Console console = System.console();
    boolean interactive = console != null && console.isTerminal();
    return new Terminal(System.out, interactive, widthFromEnvironment());
  }

  private static int widthFromEnvironment() {
    String columns = System.getProperty("baton.columns", "");
    return columns.matches("\\d{1,4}")
        ? Math.max(MIN_WIDTH, Integer.parseInt(columns))
        : DEFAULT_WIDTH;
  }

  void line(String text) {
    out.println(text);
  }

  String bold(String text) {
    return style("1", text);
  }

  String dim(String text) {
    return style("2", text);
  }

  String green(String text) {
    return style("32", text);
  }

  String red(String text) {
    return style("31", text);
  }

  String yellow(String text) {
    return style("33", text);
  }

  private String style(String code, String text) {
    return interactive ? "\033[" + code + "m" + text + "\033[0m" : text;
  }
}
