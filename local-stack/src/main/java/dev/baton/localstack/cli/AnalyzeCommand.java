package dev.baton.localstack.cli;

import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.client.ApiException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Analyses memos with a running stack. */
@Command(name = "analyze")
final class AnalyzeCommand implements Callable<Integer> {
  private static final Duration DEADLINE = Duration.ofMinutes(5);

  @Option(names = "--url")
  private @Nullable URI url;

  @Option(names = "--json")
  private boolean json;

  @Parameters(arity = "1..*", paramLabel = "FILE")
  private List<Path> files = List.of();

  @Override
  public Integer call() throws InterruptedException {
    ApiClient client = new ApiClient(Home.router(url));
    Terminal terminal = Terminal.system();
    List<MemoFiles.Memo> memos = MemoFiles.read(files);
    return json ? printJson(client, memos, terminal) : printTables(client, memos, terminal);
  }

  private static int printTables(ApiClient client, List<MemoFiles.Memo> memos, Terminal terminal)
      throws InterruptedException {
    MemoRun run = new MemoRun(client, terminal);
    for (MemoFiles.Memo memo : memos) {
      run.analyse(memo);
    }
    return run.failed() == 0 ? 0 : 1;
  }

  private static int printJson(ApiClient client, List<MemoFiles.Memo> memos, Terminal terminal)
      throws InterruptedException {
    for (MemoFiles.Memo memo : memos) {
      try {
        terminal.line(client.analyse(memo.text(), text -> {}, DEADLINE).json().toString());
      } catch (ApiException | IOException e) {
        throw new CommandException(memo.name() + ": " + e.getMessage());
      }
    }
    return 0;
  }
}
