package dev.baton.router.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The bytes behind every token id of a byte-level BPE, and its special tokens. Byte-level
 * vocabularies spell each byte as one printable character (GPT-2's {@code bytes_to_unicode}).
 * Immutable.
 */
final class ByteLevelVocabulary {
  private static final byte[] NOTHING = new byte[0];

  private final byte[][] bytes;
  private final Set<Integer> specialIds;
  private final List<String> specialTexts;

  private ByteLevelVocabulary(byte[][] bytes, Set<Integer> specialIds, List<String> specialTexts) {
    this.bytes = bytes;
    this.specialIds = Set.copyOf(specialIds);
    this.specialTexts = List.copyOf(specialTexts);
  }

  static ByteLevelVocabulary of(Path file, JsonNode tokenizer) {
    if (!decodesBytes(tokenizer.path("decoder"))) {
      throw new ModelDirectoryException(file, "only byte-level decoders are supported");
    }
    Map<Integer, byte[]> pieces = new HashMap<>();
    Map<Character, Byte> alphabet = alphabet();
    for (var entry : tokenizer.path("model").path("vocab").properties()) {
      pieces.put(entry.getValue().intValue(), spelled(entry.getKey(), alphabet));
    }
    Set<Integer> specialIds = new HashSet<>();
    List<String> specialTexts = new ArrayList<>();
    for (JsonNode added : tokenizer.path("added_tokens")) {
      int id = added.path("id").intValue();
      String content = added.path("content").asString("");
      if (added.path("special").asBoolean(false)) {
        specialIds.add(id);
        specialTexts.add(content);
        pieces.put(id, NOTHING);
      } else {
        pieces.put(id, content.getBytes(StandardCharsets.UTF_8));
      }
    }
    if (pieces.isEmpty()) {
      throw new ModelDirectoryException(file, "the vocabulary is empty");
    }
    byte[][] bytes = new byte[pieces.keySet().stream().mapToInt(id -> id).max().orElse(0) + 1][];
    for (int id = 0; id < bytes.length; id++) {
      bytes[id] = pieces.getOrDefault(id, NOTHING);
    }
    return new ByteLevelVocabulary(bytes, specialIds, specialTexts);
  }

  /** The token's bytes; none for special and unknown ids, which never show in an answer. */
  byte[] bytes(int id) {
    return id >= 0 && id < bytes.length ? bytes[id] : NOTHING;
  }

  /** Bytes of the longest token, at least 1. */
  int longest() {
    return Arrays.stream(bytes).mapToInt(token -> token.length).max().orElse(1);
  }

  boolean isSpecial(int id) {
    return specialIds.contains(id);
  }

  /** Spellings that the tokenizer turns into special ids. */
  List<String> specialTexts() {
    return specialTexts;
  }

  private static boolean decodesBytes(JsonNode decoder) {
    if (decoder.path("type").asString("").equals("ByteLevel")) {
      return true;
    }
    for (JsonNode part : decoder.path("decoders")) {
      if (decodesBytes(part)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] spelled(String token, Map<Character, Byte> alphabet) {
    var out = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      @Nullable Byte value = alphabet.get(token.charAt(i));
      if (value == null) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      out.write(value);
    }
    return out.toByteArray();
  }

  private static Map<Character, Byte> alphabet() {
    Map<Character, Byte> alphabet = new HashMap<>();
    int next = 256;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~')
              || (value >= 0xA1 && value <= 0xAC)
              || (value >= 0xAE && value <= 0xFF);
      alphabet.put((char) (printable ? value : next++), (byte) value);
    }
    return alphabet;
  }
}
