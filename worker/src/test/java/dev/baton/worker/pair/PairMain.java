package dev.baton.worker.pair;

import dev.baton.contracts.HandOff;
import dev.baton.contracts.TokenIds;
import dev.baton.contracts.WireCodec;
import dev.baton.kvtransfer.TransportKind;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Prefill and decode in two processes on one machine, without Kafka and registry, against the same
 * prompts in one process.
 *
 * <pre>PairMain MODEL_DIRECTORY BACKEND PROMPTS ANSWERS</pre>
 *
 * A line of PROMPTS is {@code id<TAB>token,token,…}, and so is one of ANSWERS. Ends with 1 where an
 * answer differs from the one-process run, or where a prompt's blocks did not all travel.
 */
public final class PairMain {
  private static final int MAX_TOKENS = 400;

  private PairMain() {}

  private record Prompt(String id, TokenIds tokens) {}

  public static void main(String[] args) throws Exception {
    if (args.length == 3 && args[0].equals("prefill")) {
      prefill(Path.of(args[1]), args[2]);
      return;
    }
    if (args.length != 4) {
      System.err.println("usage: PairMain MODEL_DIRECTORY BACKEND PROMPTS ANSWERS");
      System.exit(2);
    }
    List<Prompt> prompts =
        Files.readAllLines(Path.of(args[2])).stream().map(PairMain::parse).toList();
    System.exit(compare(Path.of(args[0]), args[1], prompts, Path.of(args[3])) ? 0 : 1);
  }

  private static Prompt parse(String line) {
    String[] parts = line.split("\t", 2);
    return new Prompt(
        parts[0],
        TokenIds.of(Arrays.stream(parts[1].split(",")).mapToInt(Integer::parseInt).toArray()));
  }

  private static boolean compare(
      Path modelDirectory, String backend, List<Prompt> prompts, Path answers) throws Exception {
    Map<TransportKind, AtomicLong> travelled = new EnumMap<>(TransportKind.class);
    List<List<Integer>> handedOver = new ArrayList<>();
    boolean allTravelled;
    long begin = System.nanoTime();
    try (Holder holder = new Holder(modelDirectory, backend);
        PairWorker decode =
            new PairWorker(
                "decode",
                2,
                modelDirectory,
                backend,
                (_, transport, blocks, _, _, _) -> {
                  synchronized (travelled) {
                    travelled.computeIfAbsent(transport, _ -> new AtomicLong()).addAndGet(blocks);
                  }
                })) {
      for (Prompt prompt : prompts) {
        HandOff.KvHandle handle = holder.prefill(prompt);
        handedOver.add(decode.goOn(prompt.id(), prompt.tokens(), handle, MAX_TOKENS));
      }
      long blocks = prompts.stream().mapToLong(p -> Math.ceilDiv(p.tokens().size(), 16)).sum();
      // the token behind a prompt is the only one computed
      allTravelled = decode.computedTokens() <= prompts.size();
      System.out.printf(
          "two processes: %d prompts in %.1f s, %d blocks of prompts, travelled %s, %d tokens of"
              + " prompts computed by decode, %d digest mismatches%n",
          prompts.size(),
          (System.nanoTime() - begin) / 1e9,
          blocks,
          travelled,
          decode.computedTokens(),
          decode.digestMismatches());
    }
    int same = 0;
    begin = System.nanoTime();
    List<String> lines = new ArrayList<>();
    try (PairWorker alone =
        new PairWorker("alone", 3, modelDirectory, backend, (_, _, _, _, _, _) -> {})) {
      for (int i = 0; i < prompts.size(); i++) {
        Prompt prompt = prompts.get(i);
        List<Integer> here = alone.generate(prompt.id(), prompt.tokens(), MAX_TOKENS);
        if (here.equals(strip(handedOver.get(i), alone.endTokens()))) {
          same++;
        } else {
          System.out.println(prompt.id() + ": " + handedOver.get(i) + " instead of " + here);
        }
        lines.add(
            prompt.id()
                + "\t"
                + strip(handedOver.get(i), alone.endTokens()).stream()
                    .map(String::valueOf)
                    .collect(Collectors.joining(",")));
      }
    }
    System.out.printf(
        "one process: %.1f s; %d of %d answers are equal%n",
        (System.nanoTime() - begin) / 1e9, same, prompts.size());
    Files.write(answers, lines);
    return allTravelled && same == prompts.size();
  }

  /** Without the end token, which only the hand-over reports. */
  private static List<Integer> strip(List<Integer> tokens, TokenIds end) {
    return tokens.stream()
        .filter(token -> Arrays.stream(end.toArray()).noneMatch(stop -> stop == token))
        .toList();
  }

  /** The other process: reads prompts, answers with handles. */
  private static void prefill(Path modelDirectory, String backend) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err); // where the log goes, too
    try (PairWorker worker =
            new PairWorker("prefill", 1, modelDirectory, backend, (_, _, _, _, _, _) -> {});
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
      out.println("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        Prompt prompt = parse(line);
        HandOff handle = worker.prefill(prompt.id(), prompt.tokens());
        out.println(Base64.getEncoder().encodeToString(WireCodec.toCbor(handle)));
      }
    }
  }

  private static final class Holder implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final BufferedWriter prompts;

    Holder(Path modelDirectory, String backend) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(ProcessHandle.current().info().command().orElseThrow());
      command.addAll(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(
          List.of(
              "-cp",
              System.getProperty("java.class.path"),
              PairMain.class.getName(),
              "prefill",
              modelDirectory.toString(),
              backend));
      process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .directory(new File("."))
              .start();
      answers = process.inputReader(StandardCharsets.US_ASCII);
      prompts =
          new BufferedWriter(
              new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII));
      String ready = answers.readLine();
      if (!"ready".equals(ready)) {
        process.destroyForcibly();
        throw new IOException("the prefill process did not start: " + ready);
      }
    }

    HandOff.KvHandle prefill(Prompt prompt) throws IOException {
      prompts.write(
          prompt.id()
              + "\t"
              + Arrays.stream(prompt.tokens().toArray())
                  .mapToObj(Integer::toString)
                  .collect(Collectors.joining(",")));
      prompts.newLine();
      prompts.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new IOException("the prefill process is gone");
      }
      byte[] handle = Base64.getDecoder().decode(line);
      return (HandOff.KvHandle) WireCodec.fromCbor(handle, HandOff.class);
    }

    @Override
    public void close() throws IOException {
      prompts.close();
      try {
        if (!process.waitFor(20, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
