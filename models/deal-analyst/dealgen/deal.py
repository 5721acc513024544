"""Draws the facts of one deal and writes its answer."""
import json
from dataclasses import dataclass
from pathlib import Path

from . import names, policy
from .figures import Money, Style

_SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "schema.json").read_text(encoding="utf-8"))
SECTORS = tuple(_SCHEMA["properties"]["sector"]["enum"])
TYPES = tuple(_SCHEMA["properties"]["transaction_type"]["enum"])
RISKS = tuple(_SCHEMA["properties"]["key_risks"]["items"]["enum"])


@dataclass(frozen=True)
class Deal:
    company: str
    sector: str
    transaction_type: str
    enterprise_value: Money | None
    revenue: Money | None
    ebitda: Money | None
    ev_ebitda: str | None
    revenue_growth_pct: str | None
    net_leverage: str | None
    top_customer_pct: str | None
    key_risks: tuple
    recommendation: str
    rationale: str
    inconsistent: bool

    def answer(self):
        """Compact JSON with the literals that the memo wrote."""
        q = lambda text: json.dumps(text, ensure_ascii=False)
        money = lambda m: m.json() if m else "null"
        return ('{"company":%s,"sector":%s,"transaction_type":%s,"enterprise_value":%s,"revenue":%s,"ebitda":%s,"ev_ebitda":%s,'
                '"revenue_growth_pct":%s,"net_leverage":%s,"top_customer_pct":%s,"key_risks":[%s],"recommendation":%s,"rationale":%s}') % (
            q(self.company), q(self.sector), q(self.transaction_type), money(self.enterprise_value), money(self.revenue), money(self.ebitda),
            self.ev_ebitda or "null", self.revenue_growth_pct or "null", self.net_leverage or "null", self.top_customer_pct or "null",
            ",".join(q(r) for r in self.key_risks), q(self.recommendation), q(self.rationale))


def _percent(rng, low, high):
    value = low + rng.random() * (high - low)
    r = rng.random()
    literal = "%.*f" % (1 if r < 0.75 else 0 if r < 0.93 else 2, value)
    return "0.5" if float(literal) == 0 else literal


def draw(rng, split, style: Style):
    """Facts aimed at one of the three recommendations, so that all occur about equally often."""
    aim = rng.choice(("proceed", "caution", "decline"))
    cause = rng.choice(("leverage", "customer", "growth", "multiple", "ebitda") if aim == "caution" else ("leverage", "customer", "growth"))
    spread = aim != "proceed" and rng.random() < 0.3
    second = rng.choice(("leverage", "customer", "growth", "multiple")) if spread else None

    def level(name):
        if aim == "decline" and cause == name:
            return 2
        if (aim == "caution" and cause == name) or second == name:
            return 1
        return 0

    lev = ((0.4, 3.99), (4.0, 5.99), (6.0, 8.9))[level("leverage")]
    cust = ((2, 19.9), (20, 39.9), (40, 78))[level("customer")]
    grow = ((0.3, 34), (-9.9, -0.2), (-31, -10))[level("growth")]
    mult = (14.0, 22.0) if level("multiple") else (3.5, 13.9)
    leverage = "%.*f" % (1 if rng.random() < 0.9 else 2, lev[0] + rng.random() * (lev[1] - lev[0]))
    customer = _percent(rng, *cust)
    growth = _percent(rng, *grow)
    ebitda_m = 10 ** (0.25 + rng.random() * 2.4)
    revenue_m = ebitda_m / (0.05 + rng.random() * 0.35)
    ebitda = style.amount(ebitda_m)
    revenue = style.amount(revenue_m)
    ev = style.amount(ebitda_m * (mult[0] + rng.random() * (mult[1] - mult[0])))
    multiple = "%.*f" % (1 if rng.random() < 0.93 else 2, ev.thousands() / ebitda.thousands())
    inconsistent = rng.random() < 0.04
    if inconsistent:
        multiple = "%.1f" % (float(multiple) * (rng.uniform(0.55, 0.8) if rng.random() < 0.5 else rng.uniform(1.25, 1.7)))
    hidden = lambda rate: rng.random() < rate
    ebitda_hidden = hidden(0.02) or (aim == "caution" and cause == "ebitda")
    ev_shown = None if hidden(0.09) else ev
    ebitda_shown = None if ebitda_hidden else ebitda
    multiple_shown = None if hidden(0.13 if ev_shown and ebitda_shown else 0.6) else multiple
    inconsistent = inconsistent and bool(ev_shown and ebitda_shown and multiple_shown)
    growth_shown = None if hidden(0.09) else growth
    leverage_shown = None if hidden(0.09) else leverage
    customer_shown = None if hidden(0.10) else customer
    count = rng.choice((0, 1, 2, 2, 3, 3, 3, 4, 4, 4))
    risks = tuple(rng.sample(RISKS, count))
    recommendation, rationale = policy.decide(growth_shown, leverage_shown, customer_shown, multiple_shown, ebitda_shown is not None)
    return Deal(names.company(rng, split), rng.choice(SECTORS), rng.choice(TYPES), ev_shown, None if hidden(0.06) else revenue, ebitda_shown,
                multiple_shown, growth_shown, leverage_shown, customer_shown, risks, recommendation, rationale, inconsistent)
