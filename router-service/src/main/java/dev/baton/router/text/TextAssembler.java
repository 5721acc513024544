package dev.baton.router.text;

/** Tokens in, showable text out: detokenizes and watches for stop strings. One owner. */
public final class TextAssembler {
  private final Detokenizer detokenizer;
  private final StopMatcher stops;
  private long decoded;
  private long shown;

  TextAssembler(Detokenizer detokenizer, StopMatcher stops) {
    this.detokenizer = detokenizer;
    this.stops = stops;
  }

  /** Text that may be shown after this token; may be empty. */
  public String accept(int token) {
    String text = detokenizer.accept(token);
    decoded += text.length();
    return count(stops.accept(text));
  }

  /** The rest, once no more tokens come. */
  public String finish() {
    String tail = detokenizer.finish();
    decoded += tail.length();
    return count(stops.accept(tail) + stops.finish());
  }

  /** Whether a stop string came; nothing more will be shown. */
  public boolean stopped() {
    return stops.stopped();
  }

  /** Characters decoded so far, shown or held back. */
  public long decodedLength() {
    return decoded;
  }

  /** Characters shown so far. */
  public long shownLength() {
    return shown;
  }

  private String count(String text) {
    shown += text.length();
    return text;
  }
}
