package dev.baton.localstack.evaluate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What an evaluation found; written as JSON.
 *
 * @param memos how many were answered or refused
 * @param fieldsExact share of all extracted fields that are exactly right, 0 to 1
 * @param validJson share of answers that were a JSON object as generated, 0 to 1
 * @param rationaleExact share of rationales equal to the generator's, 0 to 1; reported, not judged
 * @param exactByField share of memos with this field right, 0 to 1
 * @param seconds wall-clock time of all requests together
 * @param failures every answer with something wrong
 */
public record EvaluationReport(
    int memos,
    double fieldsExact,
    double validJson,
    double rationaleExact,
    Map<String, Double> exactByField,
    double seconds,
    List<Verdict> failures) {
  public static final double FIELDS_BAR = 0.98;
  public static final double JSON_BAR = 0.99;

  /** From at least one verdict. */
  public static EvaluationReport of(List<Verdict> verdicts, double seconds) {
    if (verdicts.isEmpty()) {
      throw new IllegalArgumentException("nothing was evaluated");
    }
    Map<String, Double> byField = new LinkedHashMap<>();
    for (String field : Verdict.FIELDS) {
      byField.put(
          field,
          share(
              verdicts,
              verdict -> verdict.misses().stream().noneMatch(miss -> miss.field().equals(field))));
    }
    return new EvaluationReport(
        verdicts.size(),
        byField.values().stream().mapToDouble(Double::doubleValue).average().orElse(0),
        share(verdicts, Verdict::validJson),
        share(verdicts, Verdict::rationaleExact),
        byField,
        seconds,
        verdicts.stream()
            .filter(verdict -> !verdict.misses().isEmpty() || !verdict.validJson())
            .toList());
  }

  private static double share(List<Verdict> verdicts, Predicate<Verdict> good) {
    return (double) verdicts.stream().filter(good).count() / verdicts.size();
  }

  /** Whether both bars are met. */
  public boolean passes() {
    return fieldsExact >= FIELDS_BAR && validJson >= JSON_BAR;
  }
}
