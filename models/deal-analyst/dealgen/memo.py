"""Lays a deal out as a memo: header, facts in prose, bullets and tables, risk section, look-alikes and filler."""
from . import filler, names, phrases, risks
from .deal import SECTORS, draw
from .figures import Style

FIGURES = ("enterprise_value", "revenue", "ebitda", "ev_ebitda", "revenue_growth_pct", "net_leverage", "top_customer_pct")
PROSE = {"enterprise_value": phrases.EV, "revenue": phrases.REVENUE, "ebitda": phrases.EBITDA, "ev_ebitda": phrases.MULTIPLE,
         "net_leverage": phrases.LEVERAGE, "top_customer_pct": phrases.CUSTOMER}
TITLES = ("Investment memorandum", "Deal memo", "Investment committee paper", "Memorandum", "Preliminary investment memo", "Investment proposal", "Deal note", "Information memorandum", "Summary for the investment committee")
SUMMARY = ("Summary", "Executive summary", "Overview", "The transaction", "Background", "Introduction", "At a glance", "Transaction overview")
FINANCIAL = ("Financials", "Key figures", "Key financials", "Financial overview", "Financial profile", "Figures", "Headline figures", "Key terms", "Deal terms")


class Writer:
    """Writes one memo; every random draw comes from the given generator."""

    def __init__(self, rng, split):
        self.rng, self.split = rng, split
        self.style = Style(rng)
        self.deal = draw(rng, split, self.style)
        self.year = 2014 + int(rng.random() * 13)
        self.others = [names.company(rng, split) for _ in range(6)]
        self.fund = rng.choice(("%s Capital", "%s Partners", "%s Equity", "%s Invest", "%s Fund IV", "%s Growth Fund", "%s Private Equity")) % names.stem(rng, split)
        self.seller = rng.choice((names.company(rng, split), "the family of " + names.person(rng, split), "its founder " + names.person(rng, split)))
        self.adviser = names.company(rng, split)
        self.short = rng.choice(("the Company", "the Company", "the Target", "the business", names.short(self.deal.company)))
        self.heading_style = rng.choice(("##", "##", "#", "plain", "number", "upper", "underline", "bold", "colon"))
        self.section = 0
        self.bullet = rng.choice(("- ", "- ", "* ", "• ", "– "))
        self.wrap = rng.random() < 0.2

    # sentences

    def fill(self, template, v=""):
        d, rng = self.deal, self.rng
        text = template
        if "{c}" in text:
            text = text.replace("{c}", d.company)
        if "{s}" in text:
            text = text.replace("{s}", self.short)
        if "{v}" in text:
            text = text.replace("{v}", v)
        for key, make in self.MAKERS:
            while key in text:
                text = text.replace(key, make(self), 1)
        if text[0].islower() and not template.startswith("{c}"):
            text = text[0].upper() + text[1:]
        if text.endswith(".."):
            text = text[:-1]
        return text

    MAKERS = (
        ("{f}", lambda w: w.fund), ("{o}", lambda w: w.seller), ("{a}", lambda w: w.adviser), ("{y}", lambda w: str(w.year)), ("{z}", lambda w: str(w.year - 1)),
        ("{w}", lambda w: str(w.year + 1 + int(w.rng.random() * 4))), ("{p}", lambda w: w.rng.choice(filler.PLACES)), ("{h}", lambda w: names.person(w.rng, w.split)),
        ("{x}", lambda w: w.other()), ("{x2}", lambda w: w.other()), ("{t}", lambda w: w.rng.choice(filler.MONTHS)),
        ("{i}", lambda w: w.rng.choice(SECTORS).lower()), ("{i2}", lambda w: w.rng.choice(SECTORS).lower()), ("{n}", lambda w: str(2 + int(w.rng.random() * 60))),
        ("{e}", lambda w: str(1890 + int(w.rng.random() * 122))), ("{n2}", lambda w: w.style.number(str(20 + int(10 ** (1 + w.rng.random() * 2.8))))), ("{n3}", lambda w: str(2 + int(w.rng.random() * 40))),
        ("{m}", lambda w: w.style.money(w.style.amount(10 ** (0.2 + w.rng.random() * 3), w.style.currency if w.rng.random() < 0.8 else "USD"))),
        ("{q}", lambda w: w.style.pct(w.literal(1, 60))), ("{k}", lambda w: w.style.multiple(w.literal(1, 16))),
    )

    def literal(self, low, high):
        value = low + self.rng.random() * (high - low)
        return "%.1f" % value if self.rng.random() < 0.8 else "%d" % value

    def other(self):
        if self.rng.random() < 0.5:
            return self.rng.choice(self.others)
        return names.company(self.rng, self.split)

    def say(self, pool, v=""):
        return self.fill(pool.pick(self.rng, self.split), v)

    # figures

    def value(self, field):
        return getattr(self.deal, field)

    def surface(self, field):
        literal = self.value(field)
        if field in ("enterprise_value", "revenue", "ebitda"):
            return self.style.money(literal)
        if field in ("ev_ebitda", "net_leverage"):
            return self.style.multiple(literal)
        if literal[0] == "-" and self.rng.random() < 0.3:
            return "(" + self.style.number(literal[1:]) + ")" + self.style.percent
        if literal[0] == "-" and self.rng.random() < 0.3:
            return "−" + self.style.pct(literal[1:])
        return self.style.pct(literal)

    def sentence(self, field):
        literal = self.value(field)
        if literal is None:
            return self.say(phrases.HIDDEN[field])
        if field != "revenue_growth_pct":
            return self.say(PROSE[field], self.surface(field))
        if self.rng.random() < 0.2:
            return self.say(phrases.GROWTH_SIGNED, self.surface(field))
        if literal[0] == "-":
            return self.say(phrases.GROWTH_DOWN, self.style.pct(literal[1:]))
        return self.say(phrases.GROWTH_UP, self.surface(field))

    def label(self, field):
        return phrases.LABELS[field].pick(self.rng, self.split).replace("{y}", str(self.year)).replace("{z}", str(self.year - 1))

    def cell(self, field):
        if self.value(field) is None:
            return phrases.NOT_DISCLOSED.pick(self.rng, self.split)
        return self.surface(field)

    # blocks

    def heading(self, text):
        style = self.heading_style
        if style in ("##", "#"):
            return style + " " + text
        if style == "number":
            return "\x00. " + text
        if style == "upper":
            return text.upper()
        if style == "underline":
            return text + "\n" + "-" * len(text)
        if style == "bold":
            return "**" + text + "**"
        return text + (":" if style == "colon" else "")

    def rows(self, rows):
        """Rows of label and value as a markdown table, aligned text, dotted leaders, or bullets."""
        kind = self.rng.random()
        if kind < 0.3:
            return "| %s | %s |\n|---|---|\n" % self.rng.choice((("Item", "Value"), ("", ""), ("Term", "Figure"), ("Key figure", "Amount"), ("Metric", "Value"))) + "\n".join("| %s | %s |" % r for r in rows)
        if kind < 0.5:
            width = max(len(r[0]) for r in rows) + 2 + int(self.rng.random() * 6)
            return "\n".join(r[0].ljust(width) + r[1] for r in rows)
        if kind < 0.6:
            width = max(len(r[0]) for r in rows) + 4
            return "\n".join(r[0] + " " + "." * (width - len(r[0])) + " " + r[1] for r in rows)
        if kind < 0.8:
            return "\n".join(self.bullet + r[0] + ": " + r[1] for r in rows)
        return "\n".join(r[0] + ": " + r[1] for r in rows)

    def unit_table(self, fields):
        """A table whose header names currency and unit; None where the shown amounts do not share them."""
        amounts = [self.value(f) for f in fields if f in ("enterprise_value", "revenue", "ebitda") and self.value(f)]
        if not amounts or len({(a.currency, a.unit) for a in amounts}) > 1:
            return None
        rng, a = self.rng, amounts[0]
        unit = {"thousand": rng.choice(("thousand", "k")), "million": self.style.million, "billion": self.style.billion}[a.unit]
        head = rng.choice(("%s %s", "in %s %s", "(%s %s)", "All amounts in %s %s")) % (a.currency, unit)
        rows = []
        for f in fields:
            v = self.value(f)
            if v is None:
                if rng.random() < 0.5:
                    rows.append((self.label(f), self.cell(f)))
            else:
                rows.append((self.label(f), self.style.number(v.literal) if hasattr(v, "literal") else self.surface(f)))
        if rng.random() < 0.6:
            return "| %s | %s |\n|---|---:|\n" % rng.choice((("", head), (head, "Value"), (head, str(self.year)))) + "\n".join("| %s | %s |" % r for r in rows)
        width = max(max(len(r[0]) for r in rows), len(head)) + 3
        return head + "\n" + "\n".join(r[0].ljust(width) + r[1].rjust(12) for r in rows)

    def history_table(self):
        """Several years of look-alike figures: never the headline year."""
        rng, s = self.rng, self.style
        years = [self.year - 3, self.year - 2, self.year - 1] if rng.random() < 0.5 else [self.year + 1, self.year + 2, self.year + 3]
        mark = "A" if years[0] < self.year else rng.choice(("E", "P", "B"))
        base = 10 ** (1 + rng.random() * 2)
        lines = ["| %s m | %s |" % (s.currency, " | ".join("%d%s" % (y, mark) for y in years)), "|---|---:|---:|---:|"]
        for label, share in (("Revenue", 1), ("Gross profit", 0.4), ("EBITDA", 0.17), ("Capex", 0.05)):
            lines.append("| %s | %s |" % (label, " | ".join(s.number("%.1f" % (base * share * (0.8 + rng.random() * 0.4))) for _ in years)))
        title = rng.choice(("Earlier years", "Previous years", "History of results")) if mark == "A" else rng.choice(("Business plan", "Plan figures", "Forecast"))
        return self.heading(title) + "\n\n" + "\n".join(lines)

    def peers_table(self):
        rng, s = self.rng, self.style
        lines = ["| %s | EV (%s m) | EV/EBITDA | Growth |" % (rng.choice(("Peer", "Comparable", "Transaction", "Competitor")), s.currency), "|---|---:|---:|---:|"]
        for _ in range(3 + int(rng.random() * 4)):
            lines.append("| %s | %s | %s | %s |" % (self.other(), s.number("%.1f" % (10 ** (1 + rng.random() * 2))), s.multiple("%.1f" % (4 + rng.random() * 12)), s.pct("%.1f" % (rng.random() * 20 - 4))))
        return self.heading(rng.choice(("Comparable companies", "Comparable transactions", "Peer group", "Competitors"))) + "\n\n" + "\n".join(lines)

    def filler_section(self, size):
        topic = self.rng.choice(tuple(filler.PLAIN))
        pool = filler.PLAIN[topic]
        out = []
        for _ in range(size):
            r = self.rng.random()
            out.append(self.say(filler.DISTRACTORS) if r < 0.25 else self.say(pool) if r < 0.4 else self.composed())
        return self.heading(topic) + "\n\n" + self.paragraph(out)

    def composed(self):
        rng = self.rng
        return self.fill(rng.choice(filler.SUBJECTS) + " " + filler.PREDICATES.pick(rng, self.split) + rng.choice(filler.TAILS) + ".")

    def paragraph(self, sentences):
        if self.rng.random() < 0.12:
            return "\n".join(self.bullet + s for s in sentences)
        if len(sentences) > 7 and self.rng.random() < 0.7:
            cut = len(sentences) // 2
            return " ".join(sentences[:cut]) + "\n\n" + " ".join(sentences[cut:])
        return " ".join(sentences)

    def risk_section(self):
        rng, split, d = self.rng, self.split, self.deal
        if not d.key_risks:
            return self.heading(risks.HEADINGS.pick(rng, split)) + "\n\n" + risks.NONE.pick(rng, split) if rng.random() < 0.6 else None
        titled = rng.random() < 0.35
        mark = rng.choice(("- ", "* ", "• ", "number", "prose", "roman"))
        items = []
        for i, risk in enumerate(d.key_risks):
            text = self.fill(risks.SENTENCES[risk].pick(rng, split))
            if titled:
                text = rng.choice(("**%s.** %s", "%s: %s", "%s – %s")) % (risks.TITLES[risk], text)
            if rng.random() < 0.3:
                text += " " + self.fill(risks.ELABORATION.pick(rng, split))
            items.append(({"number": "%d. " % (i + 1), "prose": "", "roman": "(%s) " % ("i", "ii", "iii", "iv")[i]}.get(mark, mark)) + text)
        intro = risks.INTRO.pick(rng, split) + (" " if mark == "prose" else "\n") if rng.random() < 0.5 else ""
        return self.heading(risks.HEADINGS.pick(rng, split)) + "\n\n" + intro + (" " if mark == "prose" else "\n").join(items)

    def header(self):
        rng = self.rng
        lines = ["# " + rng.choice(TITLES) if rng.random() < 0.5 else rng.choice(TITLES).upper() if rng.random() < 0.3 else rng.choice(TITLES)]
        if rng.random() < 0.5:
            lines[0] += rng.choice((": ", " – ", " | ")) + "Project " + names.stem(rng, self.split)
        elif rng.random() < 0.5:
            lines[0] += rng.choice((": ", " – ")) + self.deal.company
        for template in ("Date: %d {t} {w}" % (1 + int(rng.random() * 28)), "Prepared by: {h}", "To: Investment committee, {f}", "Confidential"):
            if rng.random() < 0.4:
                lines.append(self.fill(template))
        return "\n".join(lines)

    # the whole

    def write(self, target_chars):
        rng, d = self.rng, self.deal
        shown = {f: "table" if rng.random() < 0.45 else "prose" for f in FIGURES}
        facts = [self.say(phrases.COMPANY)]
        meta_rows = []
        sector_v = d.sector if rng.random() < 0.85 else d.sector.lower()
        if rng.random() < 0.35:
            meta_rows.append((self.label("sector"), d.sector))
        else:
            facts.append(self.say(phrases.SECTOR, sector_v))
        type_v = rng.choice(phrases.TYPE_WORDS[d.transaction_type])
        if rng.random() < 0.35:
            bare = type_v.split(" ", 1)[1]
            meta_rows.append((self.label("transaction_type"), bare[0].upper() + bare[1:]))
        else:
            facts.append(self.say(phrases.TYPE, type_v))
        if meta_rows and rng.random() < 0.6:
            meta_rows.insert(0, (self.label("company"), d.company))
        if rng.random() < 0.7:
            facts.insert(1 + int(rng.random() * len(facts)), self.say(phrases.COMPANY_AGAIN))
        table_fields = [f for f in FIGURES if shown[f] == "table"]
        if rng.random() < 0.4:
            rng.shuffle(table_fields)
        table = self.unit_table(table_fields) if table_fields and rng.random() < 0.4 else None
        if table is None:
            rows = [(self.label(f), self.cell(f)) for f in table_fields if self.value(f) is not None or rng.random() < 0.6]
            if meta_rows and rng.random() < 0.4:
                rows, meta_rows = meta_rows + rows, []
            table = self.rows(rows) if rows else None
        prose = []
        for f in FIGURES:
            if shown[f] == "prose" and (self.value(f) is not None or rng.random() < 0.6):
                prose.append(self.sentence(f))
            elif shown[f] == "table" and self.value(f) is not None and rng.random() < 0.12:
                prose.append(self.sentence(f))
        if rng.random() < 0.5:
            rng.shuffle(prose)
        sections = [self.heading(rng.choice(SUMMARY)) + "\n\n" + " ".join(facts) + ("\n\n" + self.rows(meta_rows) if meta_rows else "")]
        body = []
        if prose and rng.random() < 0.5:
            cut = int(rng.random() * (len(prose) + 1))
            groups = [g for g in (prose[:cut], prose[cut:]) if g]
        else:
            groups = [prose] if prose else []
        for group in groups:
            for _ in range(int(rng.random() * 3)):
                group.insert(int(rng.random() * (len(group) + 1)), self.say(filler.DISTRACTORS))
            body.append(self.heading(rng.choice(FINANCIAL)) + "\n\n" + self.paragraph(group))
        if table:
            body.append(self.heading(rng.choice(FINANCIAL)) + "\n\n" + table)
        risk = self.risk_section()
        if risk:
            body.append(risk)
        if rng.random() < 0.4:
            rng.shuffle(body)
        size = len(sections[0]) + sum(len(b) for b in body) + 80
        extra = []
        for make, rate in ((self.history_table, 0.35), (self.peers_table, 0.35)):
            if size < target_chars - 500 and rng.random() < rate:
                extra.append(make())
                size += len(extra[-1])
        while size < target_chars - 120:
            block = self.filler_section(min(3 + int(rng.random() * 9), 1 + int((target_chars - size) / 75)))
            extra.append(block)
            size += len(block) + 2
        for block in extra:
            body.insert(int(rng.random() * (len(body) + 1)), block)
        if rng.random() < 0.1:
            body.insert(0, sections.pop())
            if rng.random() < 0.5 and len(body) > 2:
                body[0], body[1] = body[1], body[0]
        text = "\n\n".join([self.header()] + sections + body)
        while "\x00" in text:
            self.section += 1
            text = text.replace("\x00", str(self.section), 1)
        if self.wrap:
            text = _wrapped(text)
        return text


def _wrapped(text, width=92):
    """Hard line breaks in prose, as in mails; tables and lists stay."""
    out = []
    for line in text.split("\n"):
        if len(line) > width and line[0] not in "|":
            current = ""
            for word in line.split(" "):
                if current and len(current) + len(word) + 1 > width:
                    out.append(current)
                    current = word
                else:
                    current = current + " " + word if current else word
            out.append(current)
        else:
            out.append(line)
    return "\n".join(out)


def make(rng, split, target_chars):
    """One memo and its deal."""
    writer = Writer(rng, split)
    return writer.write(target_chars), writer.deal
