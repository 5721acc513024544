package dev.baton.router.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Detokenizer, StopMatcher and TextAssembler: text that comes in pieces. */
class TextPiecesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "plain",
        "ümläut – €412.5m × 3",
        "日本語のメモ",
        "\uD83D\uDE00 \uD83D\uDC68‍\uD83D\uDC69‍\uD83D\uDC67",
        "a\u0301\n\t z"
      })
  void everyPieceIsWholeCharactersAndTogetherTheyAreTheText(String text) {
    TextAssembler assembler = DemoModel.TEXT.assembler(List.of());
    var shown = new StringBuilder();
    for (int token : DemoModel.tokens(text)) {
      String piece = assembler.accept(token);
      assertThat(piece).doesNotContain("\uFFFD");
      assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(piece)).isTrue();
      shown.append(piece);
    }
    shown.append(assembler.finish());
    assertThat(shown.toString()).isEqualTo(text);
    assertThat(assembler.shownLength()).isEqualTo(text.length());
  }

  @Test
  void aCharacterThatNeverComesWholeBecomesAReplacement() {
    int[] tokens = DemoModel.tokens("日");
    TextAssembler assembler = DemoModel.TEXT.assembler(List.of());
    String text = assembler.accept(tokens[0]);
    assertThat(text).isEmpty();
    assertThat(assembler.finish()).isEqualTo("\uFFFD");
  }

  @Test
  void bytesThatBeginNoCharacterAreReplacedAtOnce() {
    int[] tokens = DemoModel.tokens("日");
    assertThat(tokens.length).as("the demo vocabulary spells it in bytes").isGreaterThan(1);
    TextAssembler assembler = DemoModel.TEXT.assembler(List.of());
    String text =
        assembler.accept(tokens[tokens.length - 1]) + assembler.accept(DemoModel.tokens("x")[0]);
    assertThat(text).isEqualTo("\uFFFDx");
  }

  @Test
  void aStopStringAcrossPiecesIsNeverShown() {
    StopMatcher stops = new StopMatcher(List.of("END", "STOP now"));

    assertThat(stops.accept("go on E")).isEqualTo("go on ");
    assertThat(stops.accept("N")).isEmpty();
    assertThat(stops.accept("ough S")).isEqualTo("ENough ");
    assertThat(stops.accept("TOP no")).isEmpty();
    assertThat(stops.accept("w and more")).isEmpty();
    assertThat(stops.stopped()).isTrue();
    assertThat(stops.accept("more")).isEmpty();
    assertThat(stops.finish()).isEmpty();
  }

  @Test
  void theEarliestOfSeveralStopStringsCounts() {
    StopMatcher stops = new StopMatcher(List.of("zz", "b"));
    assertThat(stops.accept("aab zz")).isEqualTo("aa");
  }

  @Test
  void whatOnlyLookedLikeAStopStringIsShownAtTheEnd() {
    StopMatcher stops = new StopMatcher(List.of("aab"));
    assertThat(stops.accept("xaa")).isEqualTo("x");
    assertThat(stops.accept("a")).isEqualTo("a");
    assertThat(stops.finish()).isEqualTo("aa");
  }
}
