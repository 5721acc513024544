#!/usr/bin/env python3
"""The scoring rule: which fields count, and when a field is right.

    python3 score.py heldout.jsonl answers.jsonl

heldout.jsonl is written by generate.py; answers.jsonl holds {"id", "output"} a line, output being the text the model
generated. Standard library only.

Twelve fields count, with equal weight: company, sector, transaction_type, enterprise_value, revenue, ebitda, ev_ebitda,
revenue_growth_pct, net_leverage, top_customer_pct, key_risks, recommendation. The rationale is reported apart.
- Text is right when it is equal, character by character.
- A number is right when it is numerically equal (18 and 18.0 are the same), null only when null is expected.
- An amount is one field: amount, currency and unit must all be right; null only when null is expected.
- key_risks is right when the list is equal, order included.
An output that is no JSON object counts as twelve wrong fields; a missing key is a wrong field.
"""
import json
import sys
from decimal import Decimal

FIELDS = ("company", "sector", "transaction_type", "enterprise_value", "revenue", "ebitda", "ev_ebitda", "revenue_growth_pct",
          "net_leverage", "top_customer_pct", "key_risks", "recommendation")


def parse(text):
    """The JSON object in text, numbers as Decimal, or None."""
    try:
        value = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def compare(expected_text, output_text):
    """(valid, {field: right}, rationale right)."""
    expected, got = parse(expected_text), parse(output_text)
    if got is None:
        return False, {f: False for f in FIELDS}, False
    return True, {f: f in got and got[f] == expected[f] for f in FIELDS}, got.get("rationale") == expected["rationale"]


def summary(pairs):
    """Figures over (expected answer, output) pairs."""
    results = [compare(e, o) for e, o in pairs]
    n = len(results)
    by_field = {f: sum(r[1][f] for r in results) / n for f in FIELDS}
    return {"memos": n, "valid_json": sum(r[0] for r in results) / n, "field_accuracy": sum(by_field.values()) / len(FIELDS),
            "all_fields_right": sum(all(r[1].values()) for r in results) / n, "rationale": sum(r[2] for r in results) / n, "by_field": by_field}


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as f:
        expected = {r["id"]: r["answer"] for r in map(json.loads, f)}
    with open(sys.argv[2], encoding="utf-8") as f:
        outputs = {r["id"]: r["output"] for r in map(json.loads, f)}
    json.dump(summary([(answer, outputs.get(key, "")) for key, answer in expected.items()]), sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
