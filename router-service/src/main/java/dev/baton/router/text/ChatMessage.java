package dev.baton.router.text;

/** One turn of a conversation; the content is data, whatever it looks like. */
public record ChatMessage(String role, String content) {}
