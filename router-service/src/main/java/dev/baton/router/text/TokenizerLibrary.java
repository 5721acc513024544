package dev.baton.router.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Opens the native tokenizer library so that it neither looks for a GPU nor for a network. */
final class TokenizerLibrary {
  private TokenizerLibrary() {}

  static HuggingFaceTokenizer open(Path file, Map<String, String> options) throws IOException {
    setIfAbsent("ai.djl.offline", "true");
    setIfAbsent("RUST_FLAVOR", "cpu");
    return HuggingFaceTokenizer.newInstance(file, options);
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
