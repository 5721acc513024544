"""How figures are written: number locales, currencies, units, percentages, multiples.

A figure keeps its canonical literal (the JSON number, with the memo's decimals) apart from its surface in the memo.
"""
from dataclasses import dataclass

CURRENCIES = ("EUR",) * 8 + ("USD",) * 6 + ("GBP",) * 4 + ("CHF", "CHF", "SEK", "SEK", "NOK", "DKK", "PLN", "CZK", "CAD", "AUD", "JPY")
SYMBOLS = {"EUR": "€", "USD": ("$", "US$"), "GBP": "£", "JPY": "¥", "CAD": "C$", "AUD": "A$"}
# decimal mark, group separator
LOCALES = ((".", ","),) * 6 + ((",", "."),) * 4 + ((",", " "),) * 2 + ((",", "\u00a0"), (".", "'"), (".", ""), (",", ""), (".", "’"))
MILLION = {".": ("million", "m", "mn", "M", "million", "m", "mm"), ",": ("Mio.", "million", "m", "Mio", "M", "mn")}
BILLION = {".": ("billion", "bn", "billion", "bn", "B"), ",": ("Mrd.", "billion", "bn", "Md")}
THOUSAND = ("k", "thousand", "k")
UNIT_SCALE = {"thousand": 1, "million": 1000, "billion": 1000000}


@dataclass(frozen=True)
class Money:
    literal: str
    currency: str
    unit: str

    def thousands(self):
        return float(self.literal) * UNIT_SCALE[self.unit]

    def json(self):
        return '{"amount":%s,"currency":"%s","unit":"%s"}' % (self.literal, self.currency, self.unit)


class Style:
    """One memo's way of writing figures."""

    def __init__(self, rng):
        self.rng = rng
        self.decimal, self.group = rng.choice(LOCALES)
        self.currency = rng.choice(CURRENCIES)
        self.million = rng.choice(MILLION[self.decimal])
        self.billion = rng.choice(BILLION[self.decimal])
        self.thousand = rng.choice(THOUSAND)
        self.symbol_rate = rng.choice((0.0, 0.0, 0.5, 1.0))
        self.currency_last = rng.random() < (0.6 if self.decimal == "," else 0.08)
        self.percent = rng.choice(("%", "%", "%", "%", " %", " per cent", " percent"))
        self.times = rng.choice(("x", "x", "x", " x", "×", " times"))
        self.group_four = rng.random() < 0.85

    def number(self, literal):
        sign, digits = ("-", literal[1:]) if literal[0] == "-" else ("", literal)
        whole, _, fraction = digits.partition(".")
        if self.group and len(whole) > (3 if self.group_four else 4):
            parts = []
            while len(whole) > 3:
                parts.append(whole[-3:])
                whole = whole[:-3]
            parts.append(whole)
            whole = self.group.join(reversed(parts))
        return sign + whole + (self.decimal + fraction if fraction else "")

    def amount(self, millions, currency=None, unit=None):
        """Rounds an amount as a memo would state it."""
        rng = self.rng
        if unit is None:
            r = rng.random()
            if millions >= 1000:
                unit = "billion" if r < 0.6 else "million"
            elif millions < 20:
                unit = "thousand" if r < 0.4 else "million"
            else:
                unit = "thousand" if r < 0.03 else "million"
        if unit == "billion":
            literal = "%.*f" % (2 if rng.random() < 0.7 else 1, millions / 1000)
        elif unit == "thousand":
            step = rng.choice((1, 10, 50, 100))
            literal = str(max(1, int(round(millions * 1000 / step))) * step)
        else:
            r = rng.random()
            places = (1 if r < 0.6 else 2 if r < 0.72 else 0) if millions >= 10 else (1 if r < 0.75 else 2)
            literal = "%.*f" % (places, millions)
        return Money(literal, currency or self.currency, unit)

    def money(self, m):
        """The surface of an amount: 'EUR 412.5 million', '€1.25bn', '3.400 k EUR', 'TEUR 12.345'."""
        rng = self.rng
        n = self.number(m.literal)
        if m.unit == "thousand":
            r = rng.random()
            if r < 0.15:
                return "T%s %s" % (m.currency, n)
            if r < 0.3:
                return "%s %s thousand" % (m.currency, n)
            word = self.thousand
        else:
            word = self.million if m.unit == "million" else self.billion
        gap = " " if len(word) > 2 or (self.decimal == "," and rng.random() < 0.5) else ""
        symbol = SYMBOLS.get(m.currency)
        if symbol and rng.random() < self.symbol_rate:
            mark = symbol if isinstance(symbol, str) else rng.choice(symbol)
            if self.currency_last and m.currency == "EUR":
                return n + (gap or " ") + word + " " + mark
            return mark + n + gap + word
        if self.currency_last:
            return n + (gap or " ") + word + " " + m.currency
        return m.currency + " " + n + gap + word

    def pct(self, literal):
        return self.number(literal) + self.percent

    def multiple(self, literal):
        return self.number(literal) + self.times
