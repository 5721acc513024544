package dev.baton.router.text;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns token ids into text as they come. Emits whole characters only: the bytes of a character
 * that later tokens complete wait for them. Bytes that are no UTF-8 become U+FFFD. One owner.
 */
public final class Detokenizer {
  private final ByteLevelVocabulary vocabulary;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private byte[] pending = new byte[0];

  Detokenizer(ByteLevelVocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Text that this token completes; may be empty. */
  public String accept(int token) {
    return decode(vocabulary.bytes(token), false);
  }

  /** What is left at the end: U+FFFD for a character that never came whole, else nothing. */
  public String finish() {
    return decode(new byte[0], true);
  }

  private String decode(byte[] more, boolean end) {
    ByteBuffer in = ByteBuffer.allocate(pending.length + more.length).put(pending).put(more).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + 2);
    decoder.decode(in, out, end);
    if (end) {
      decoder.flush(out);
      decoder.reset();
    }
    pending = new byte[in.remaining()];
    in.get(pending);
    return out.flip().toString();
  }
}
