package dev.baton.worker.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.baton.contracts.SampledToken;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Keeps what a listener hears; nothing may follow the end. */
final class Recorder implements SequenceListener {
  final List<Integer> tokens = new ArrayList<>();
  @Nullable SequenceEnd end;

  @Override
  public void token(int position, SampledToken token) {
    assertThat(end).isNull();
    tokens.add(token.tokenId());
  }

  @Override
  public void ended(SequenceEnd how) {
    assertThat(end).isNull();
    end = how;
  }
}
