package dev.baton.router.openai;

import dev.baton.router.errors.ApiException;
import dev.baton.router.http.RequestFields;
import dev.baton.router.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code messages}: text only, of system, user and assistant. */
final class ChatMessages {
  private ChatMessages() {}

  static List<ChatMessage> read(@Nullable JsonNode messages) {
    if (messages == null) {
      throw ApiException.invalid(
          "messages", "missing_required_parameter", "Missing required parameter: 'messages'.");
    }
    if (!messages.isArray() || messages.isEmpty()) {
      throw RequestFields.invalidType("messages", "an array of at least one message");
    }
    List<ChatMessage> read = new ArrayList<>();
    for (JsonNode message : messages) {
      read.add(message(message, "messages[" + read.size() + "]"));
    }
    return read;
  }

  private static ChatMessage message(JsonNode message, String at) {
    if (!message.isObject()) {
      throw RequestFields.invalidType(at, "an object");
    }
    for (String field : List.of("tool_calls", "function_call", "audio")) {
      if (message.hasNonNull(field)) {
        throw RequestFields.unsupported(at + "." + field, "Tools and audio are not supported.");
      }
    }
    return new ChatMessage(
        role(message.path("role").asString(""), at), content(message.path("content"), at));
  }

  private static String role(String role, String at) {
    return switch (role) {
      case "system", "user", "assistant" -> role;
      case "developer" -> "system";
      default ->
          throw ApiException.invalid(
              at + ".role",
              "invalid_value",
              "Invalid value for '" + at + ".role': use system, user or assistant.");
    };
  }

  private static String content(JsonNode content, String at) {
    if (content.isString()) {
      return content.stringValue();
    }
    String where = at + ".content";
    if (!content.isArray() || content.isEmpty()) {
      throw RequestFields.invalidType(where, "a string or an array of text parts");
    }
    var text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asString("").equals("text")) {
        throw RequestFields.unsupported(where, "Only content parts of type 'text' are supported.");
      }
      if (!part.path("text").isString()) {
        throw RequestFields.invalidType(where + ".text", "a string");
      }
      text.append(part.path("text").stringValue());
    }
    return text.toString();
  }
}
