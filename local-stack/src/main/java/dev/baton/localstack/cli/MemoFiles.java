package dev.baton.localstack.cli;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads memos for the commands. */
final class MemoFiles {
  private MemoFiles() {}

  /**
   * @param name what to call it on the screen
   * @param text the memo
   */
  record Memo(String name, String text) {}

  /** The sample memos of the repository, in the order of their names. */
  static List<Path> samples(Path home) {
    Path examples = home.resolve("examples");
    if (!Files.isDirectory(examples)) {
      throw new CommandException("no sample memos: " + examples + " is not there");
    }
    try (Stream<Path> files = Files.walk(examples)) {
      List<Path> memos =
          files
              .filter(file -> file.toString().endsWith(".txt") || file.toString().endsWith(".md"))
              .filter(file -> !file.getFileName().toString().equalsIgnoreCase("README.md"))
              .sorted()
              .toList();
      if (memos.isEmpty()) {
        throw new CommandException("no sample memos in " + examples);
      }
      return memos;
    } catch (IOException e) {
      throw new CommandException("cannot list " + examples + ": " + e.getMessage());
    }
  }

  static List<Memo> read(List<Path> files) {
    List<Memo> memos = new ArrayList<>();
    for (Path file : files) {
      memos.add(read(file));
    }
    return List.copyOf(memos);
  }

  private static Memo read(Path file) {
    try {
      return file.toString().equals("-")
          ? new Memo("standard input", new String(System.in.readAllBytes(), StandardCharsets.UTF_8))
          : new Memo(file.getFileName().toString(), Files.readString(file));
    } catch (MalformedInputException e) {
      throw new CommandException(file + " is not UTF-8 text");
    } catch (IOException e) {
      throw new CommandException("cannot read " + file + ": " + e.getMessage());
    }
  }
}
