package dev.baton.localstack.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Prompts of several tenants, each of whom has templates of its own that many prompts begin with:
 * Zipf-distributed over all templates, so that a few are hot and most are rare. The same seed gives
 * the same workload.
 *
 * @param prompts in the order in which they are sent
 */
record Workload(List<Prompt> prompts) {
  static final int TENANTS = 4;
  static final int TEMPLATES_PER_TENANT = 5;
  private static final double ZIPF_EXPONENT = 1.0;

  /** Of the demo model's tokenizer on the sample memos. */
  private static final double CHARACTERS_PER_TOKEN = 2.8;

  private static final int MIN_TEMPLATE_TOKENS = 1700;
  private static final int MAX_TEMPLATE_TOKENS = 5000;
  private static final int MIN_SUFFIX_TOKENS = 350;
  private static final int MAX_SUFFIX_TOKENS = 850;

  /**
   * One request.
   *
   * @param template number over all tenants
   */
  record Prompt(int number, String tenant, int template, String text) {}

  /**
   * @param sentences what the texts are made of
   */
  static Workload generate(long seed, int count, List<String> sentences) {
    Random random = new Random(seed);
    int all = TENANTS * TEMPLATES_PER_TENANT;
    List<String> templates = new ArrayList<>();
    List<Integer> ranks = new ArrayList<>();
    for (int i = 0; i < all; i++) {
      int tokens = random.nextInt(MIN_TEMPLATE_TOKENS, MAX_TEMPLATE_TOKENS + 1);
      templates.add("Template " + i + ". " + text(random, tokens, sentences));
      ranks.add(i);
    }
    Collections.shuffle(ranks, random);
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int template = ranks.get(zipf(random, all));
      int tokens = random.nextInt(MIN_SUFFIX_TOKENS, MAX_SUFFIX_TOKENS + 1);
      prompts.add(
          new Prompt(
              i,
              tenant(template % TENANTS),
              template,
              templates.get(template) + " Question " + i + ". " + text(random, tokens, sentences)));
    }
    return new Workload(List.copyOf(prompts));
  }

  /** Prompts that share nothing with the workload, to warm the processes up. */
  static List<Prompt> warmUp(long seed, int count, List<String> sentences) {
    Random random = new Random(~seed);
    List<Prompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String text = "Warm-up " + i + ". " + text(random, 400, sentences);
      prompts.add(new Prompt(i, tenant(i % TENANTS), -1, text));
    }
    return List.copyOf(prompts);
  }

  static String tenant(int number) {
    return "tenant-" + number;
  }

  private static String text(Random random, int tokens, List<String> sentences) {
    StringBuilder text = new StringBuilder();
    while (text.length() < tokens * CHARACTERS_PER_TOKEN) {
      text.append(sentences.get(random.nextInt(sentences.size()))).append(' ');
    }
    text.setLength((int) (tokens * CHARACTERS_PER_TOKEN));
    return text.toString();
  }

  /** A rank from 0, the lowest being the most frequent. */
  private static int zipf(Random random, int ranks) {
    double sum = 0;
    for (int i = 1; i <= ranks; i++) {
      sum += 1 / Math.pow(i, ZIPF_EXPONENT);
    }
    double left = random.nextDouble() * sum;
    int rank = 0;
    while (rank < ranks - 1 && (left -= 1 / Math.pow(rank + 1, ZIPF_EXPONENT)) >= 0) {
      rank++;
    }
    return rank;
  }
}
