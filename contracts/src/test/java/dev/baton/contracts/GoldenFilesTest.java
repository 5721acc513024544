package dev.baton.contracts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * The wire as it is, in files: {@code <record>.json} and {@code <record>.cbor.hex}. A change of a
 * record, or of the libraries that write it, shows here. Where the change is meant, raise the
 * record's version unless old readers can live with it, and write the files anew: {@code mvn -pl
 * contracts test -Dtest=GoldenFilesTest -Dbaton.golden.write=true}.
 */
class GoldenFilesTest {
  private static final String WRITE = "baton.golden.write";
  private static final Path FOLDER = Path.of("src/test/resources/golden");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static Stream<String> names() {
    return Samples.all().keySet().stream();
  }

  private static Object sample(String name) {
    Object sample = Samples.all().get(name);
    assertThat(sample).isNotNull();
    return sample;
  }

  private static String json(Object record) {
    return JSON.writerWithDefaultPrettyPrinter()
            .writeValueAsString(JSON.readTree(WireCodec.toJson(record)))
        + "\n";
  }

  private static String cbor(Object record) {
    return HexFormat.of().formatHex(WireCodec.toCbor(record)).replaceAll("(.{100})", "$1\n") + "\n";
  }

  private static String golden(String file, String actual) throws IOException {
    Path path = FOLDER.resolve(file);
    if (Boolean.getBoolean(WRITE)) {
      Files.createDirectories(FOLDER);
      Files.writeString(path, actual);
    } else if (!Files.exists(path)) {
      fail(path + " is missing; write it with -D" + WRITE + "=true");
    }
    return Files.readString(path);
  }

  @ParameterizedTest
  @MethodSource("names")
  void isWrittenAsInTheFile(String name) throws IOException {
    Object record = sample(name);
    assertThat(json(record)).isEqualTo(golden(name + ".json", json(record)));
    assertThat(cbor(record)).isEqualTo(golden(name + ".cbor.hex", cbor(record)));
  }

  @ParameterizedTest
  @MethodSource("names")
  void theFileIsReadAsTheRecord(String name) throws IOException {
    Object record = sample(name);
    Class<?> type = Samples.readAs(record);
    byte[] json = golden(name + ".json", json(record)).getBytes(StandardCharsets.UTF_8);
    byte[] cbor =
        HexFormat.of().parseHex(golden(name + ".cbor.hex", cbor(record)).replace("\n", ""));
    assertThat((Object) WireCodec.fromJson(json, type)).isEqualTo(record);
    assertThat((Object) WireCodec.fromCbor(cbor, type)).isEqualTo(record);
  }

  @Test
  void everyFileBelongsToARecord() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      Set<String> names =
          files
              .map(file -> file.getFileName().toString().replaceAll("\\..*", ""))
              .collect(Collectors.toSet());
      assertThat(names).isEqualTo(Samples.all().keySet());
    }
  }
}
