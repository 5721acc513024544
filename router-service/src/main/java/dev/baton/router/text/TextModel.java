package dev.baton.router.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import dev.baton.contracts.TokenIds;
import dev.baton.router.errors.ApiException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The text side of one served model: conversation → token ids, token ids → text. Safe for many
 * threads.
 */
public final class TextModel implements AutoCloseable {
  private final String name;
  private final int contextLength;
  private final TokenIds endTokens;
  private final GenerationDefaults defaults;
  private final String bosToken;
  private final String eosToken;
  private final ByteLevelVocabulary vocabulary;
  private final HuggingFaceTokenizer tokenizer;
  private final ChatTemplate template;

  /**
   * Reads {@code tokenizer.json}, {@code tokenizer_config.json}, {@code config.json} and, where
   * present, {@code generation_config.json}.
   *
   * @throws ModelDirectoryException naming the file at fault
   */
  public static TextModel load(String name, Path directory) {
    return new TextModel(name, directory);
  }

  private TextModel(String name, Path directory) {
    ModelFiles files = new ModelFiles(directory);
    this.name = name;
    this.contextLength = files.contextLength();
    this.endTokens = TokenIds.of(files.endTokens().stream().mapToInt(Integer::intValue).toArray());
    this.defaults = GenerationDefaults.of(files.optional("generation_config.json"));
    this.bosToken = files.specialToken("bos_token");
    this.eosToken = files.specialToken("eos_token");
    this.vocabulary = ByteLevelVocabulary.of(files.tokenizer(), files.required("tokenizer.json"));
    this.tokenizer = openTokenizer(files.tokenizer());
    try {
      this.template = new ChatTemplate(files.chatTemplate());
    } catch (IllegalArgumentException e) {
      tokenizer.close();
      throw new ModelDirectoryException(
          directory.resolve("tokenizer_config.json"), "chat_template cannot be parsed", e);
    }
  }

  public String name() {
    return name;
  }

  /** Tokens of prompt and output together. */
  public int contextLength() {
    return contextLength;
  }

  /** Ids that end an output. */
  public TokenIds endTokens() {
    return endTokens;
  }

  public GenerationDefaults defaults() {
    return defaults;
  }

  /**
   * The conversation as token ids, up to where the assistant's turn begins. No content can become a
   * special token.
   *
   * @param param the request's parameter that errors name
   * @throws ApiException 400 where the model's template refuses the conversation, or the text is
   *     ill-formed or far too long
   */
  public TokenIds encodeChat(List<ChatMessage> messages, String param) {
    requireReadable(messages, param);
    MarkedText marked = new MarkedText(vocabulary.specialTexts());
    List<ChatMessage> safe =
        messages.stream().map(m -> new ChatMessage(m.role(), marked.mark(m.content()))).toList();
    String rendered;
    try {
      rendered = template.render(safe, bosToken, eosToken);
    } catch (ChatTemplate.RefusedException e) {
      throw ApiException.invalid(
          param,
          "invalid_conversation",
          "The model's chat template refuses this conversation: " + e.getMessage());
    }
    List<int[]> encoded = new ArrayList<>();
    for (String piece : marked.pieces(rendered)) {
      int[] ids = encode(piece);
      if (Arrays.stream(ids).filter(vocabulary::isSpecial).count() != marked.specials(piece)) {
        throw ApiException.invalid(
            param,
            "invalid_content",
            "A message holds text that the tokenizer normalises into a special token.");
      }
      encoded.add(ids);
    }
    return TokenIds.of(encoded.stream().flatMapToInt(IntStream::of).toArray());
  }

  private void requireReadable(List<ChatMessage> messages, String param) {
    long bytes = 0;
    for (ChatMessage message : messages) {
      if (!StandardCharsets.UTF_8.newEncoder().canEncode(message.content())) {
        throw ApiException.invalid(
            param, "invalid_unicode", "The text holds half of a surrogate pair.");
      }
      bytes += message.content().length();
    }
    PromptLimits.requirePlausible(name, param, bytes, vocabulary.longest(), contextLength);
  }

  /** A tokenizer's view of plain text, special tokens' spellings included; adds nothing. */
  int[] encode(String text) {
    Encoding encoding = tokenizer.encode(text, false, false);
    return Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
  }

  /** An incremental decoder for one answer that ends at the first of {@code stopStrings}. */
  public TextAssembler assembler(List<String> stopStrings) {
    return new TextAssembler(new Detokenizer(vocabulary), new StopMatcher(stopStrings));
  }

  /** The token's bytes, perhaps a part of a character; a special token has none. */
  public byte[] tokenBytes(int token) {
    return vocabulary.bytes(token).clone();
  }

  @Override
  public void close() {
    template.close();
    tokenizer.close();
  }

  private static HuggingFaceTokenizer openTokenizer(Path file) {
    try {
      return TokenizerLibrary.open(file, Map.of("truncation", "false", "padding", "false"));
    } catch (IOException | RuntimeException e) {
      throw new ModelDirectoryException(file, "cannot be read as a tokenizer", e);
    }
  }
}
