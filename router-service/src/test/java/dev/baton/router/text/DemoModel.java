package dev.baton.router.text;

import java.nio.file.Path;

/** The demo model's text side, loaded once for all tests. */
public final class DemoModel {
  public static final Path DIRECTORY = Path.of("..", "models", "deal-analyst");
  public static final TextModel TEXT = TextModel.load("deal-analyst", DIRECTORY);

  private DemoModel() {}

  /** Token ids of plain text. */
  public static int[] tokens(String text) {
    return TEXT.encode(text);
  }
}
