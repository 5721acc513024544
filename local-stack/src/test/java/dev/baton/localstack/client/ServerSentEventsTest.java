package dev.baton.localstack.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.localstack.client.ServerSentEvents.Event;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSentEventsTest {
  private static List<Event> read(String stream) throws IOException {
    List<Event> events = new ArrayList<>();
    try (var reader =
        new ServerSentEvents(new ByteArrayInputStream(stream.getBytes(StandardCharsets.UTF_8)))) {
      for (var next = reader.next(); next.isPresent(); next = reader.next()) {
        events.add(next.get());
      }
    }
    return events;
  }

  @Test
  void readsNamedAndUnnamedEvents() throws IOException {
    assertThat(read("event: delta\ndata: {\"text\": \"é\"}\n\ndata: x\n\n"))
        .containsExactly(new Event("delta", "{\"text\": \"é\"}"), new Event("message", "x"));
  }

  @Test
  void joinsTheLinesOfOneEventAndTakesOneSpaceAway() throws IOException {
    assertThat(read("data:  a\ndata:b\n\n")).containsExactly(new Event("message", " a\nb"));
  }

  @Test
  void skipsCommentsIdsAndEventsWithoutData() throws IOException {
    assertThat(read(": ping\n\nevent: empty\n\nid: 1\nretry: 5\ndata: x\n\n"))
        .containsExactly(new Event("message", "x"));
  }

  @Test
  void dropsAnEventThatTheStreamsEndCutsOff() throws IOException {
    assertThat(read("data: whole\n\ndata: cut")).containsExactly(new Event("message", "whole"));
  }
}
