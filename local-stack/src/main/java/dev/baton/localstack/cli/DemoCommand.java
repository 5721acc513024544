package dev.baton.localstack.cli;

import dev.baton.localstack.client.ApiClient;
import dev.baton.localstack.stack.LocalStack;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Everything in one go: start, analyse the samples, stay up until Ctrl-C. */
@Command(name = "demo")
final class DemoCommand implements Callable<Integer> {
  @Mixin private final StackOptions options = new StackOptions();

  @Option(names = "--exit")
  private boolean exit;

  @Parameters private List<Path> files = List.of();

  @Override
  public Integer call() {
    Path home = Home.directory();
    Terminal terminal = Terminal.system();
    List<MemoFiles.Memo> memos = MemoFiles.read(files.isEmpty() ? MemoFiles.samples(home) : files);
    long started = System.nanoTime();
    try (Interrupt signal = Interrupt.onSignal()) {
      try (LocalStack stack = start(home, terminal)) {
        terminal.line(
            String.format(
                Locale.ROOT,
                "Ready after %.1f s, %.1f GiB resident, logs in %s",
                (System.nanoTime() - started) / 1e9,
                stack.residentBytes() / (double) (1L << 30),
                stack.spec().directory().resolve("logs")));
        return present(stack, memos, terminal, started);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return 0;
      }
    }
  }

  private LocalStack start(Path home, Terminal terminal) {
    try (ProgressView progress = new ProgressView(terminal)) {
      return LocalStack.start(options.spec(home), progress);
    }
  }

  private int present(LocalStack stack, List<MemoFiles.Memo> memos, Terminal terminal, long started)
      throws InterruptedException {
    MemoRun run = new MemoRun(new ApiClient(stack.routerUri()), terminal);
    long ready = System.nanoTime();
    run.analyse(memos.getFirst());
    double first = (System.nanoTime() - started) / 1e9;
    for (MemoFiles.Memo memo : memos.subList(1, memos.size())) {
      run.analyse(memo);
    }
    run.summarise(Duration.ofNanos(System.nanoTime() - ready));
    terminal.line(String.format(Locale.ROOT, "first analysis %.1f s after the start", first));
    if (!exit) {
      terminal.line("");
      terminal.line("API at " + terminal.bold(stack.routerUri().toString()) + " until Ctrl-C");
      new CountDownLatch(1).await();
    }
    return run.failed() == 0 ? 0 : 1;
  }
}
