"""Company and person names built from syllables, in many shapes, so that a model has to copy and cannot remember."""
from .split import stem_allowed

# onsets, vowels, codas of invented words in several flavours
FLAVOURS = (
    (("b", "br", "d", "dr", "f", "fl", "g", "gr", "h", "k", "kl", "kr", "l", "m", "n", "p", "r", "s", "sch", "st", "t", "tr", "w", "z"),
     ("a", "e", "i", "o", "u", "au", "ei", "ö", "ü", "ä", "ie"),
     ("", "", "n", "r", "l", "ck", "rt", "nd", "ng", "hl", "mm", "tz", "ld", "rg", "st")),
    (("b", "c", "ch", "d", "f", "g", "j", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "cl", "br", "tr", "fr"),
     ("a", "e", "i", "o", "u", "ou", "é", "è", "ai", "eau", "ie", "a", "o"),
     ("", "", "", "n", "r", "l", "s", "c", "t", "lle", "nne", "x")),
    (("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "z", "gi", "sc", "br"),
     ("a", "e", "i", "o", "u", "ia", "io", "ò", "a", "e"),
     ("", "", "", "", "n", "r", "l", "cc", "tt", "ll", "s")),
    (("b", "d", "f", "fj", "g", "h", "hj", "k", "l", "m", "n", "r", "s", "sk", "sj", "t", "v", "kv"),
     ("a", "e", "i", "o", "u", "y", "å", "ø", "ö", "æ", "ä", "a", "e"),
     ("", "", "n", "r", "l", "rd", "lm", "nd", "rk", "gg", "st", "v", "s")),
    (("b", "bl", "br", "c", "d", "f", "g", "h", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "th", "w", "st", "tr", "v", "y", "wh"),
     ("a", "e", "i", "o", "u", "ee", "oo", "ay", "ow", "ea", "y"),
     ("", "", "n", "r", "l", "m", "ck", "ld", "ll", "ng", "th", "ss", "x", "p", "t", "ster", "ton", "ley", "ford")),
    (("b", "c", "cz", "d", "dz", "g", "j", "k", "kr", "l", "m", "n", "p", "pr", "r", "s", "sz", "t", "w", "z", "ž", "š", "č"),
     ("a", "e", "i", "o", "u", "y", "ą", "ó", "a", "o"),
     ("", "", "n", "k", "w", "r", "l", "sk", "cz", "ń", "ł", "ř", "wicz", "ek", "ov")),
    (("k", "s", "t", "n", "h", "m", "y", "r", "sh", "ch", "ts", "v", "x", "z", "q", "l", "p", "zh", "d", "g"),
     ("a", "i", "u", "e", "o", "a", "o", "y", "io"),
     ("", "", "", "n", "x", "z", "q", "s", "m")),
)
WORDS = ("Stone Iron Silver Oak North South East West Harbour Bright Clear Deep Green Red White Grey Amber Copper Granite Falcon River Lake "
         "Hill Field Forest Ridge Summit Valley Castle Tower Bridge Gate Mill Port Anchor Beacon Compass Meridian Polar Solar Lunar Terra Aqua "
         "Ever New Old High Low Swift True Fair Good Blue Gold Crystal Pearl Maple Cedar Birch Willow Thorn Rose Wolf Bear Fox Raven Heron Otter "
         "Salt Sand Wind Cloud Storm Rain Frost Ember Flint Slate Clay Marsh Moor Dale Brook Well Spring Star Comet Orbit Quantum Vector Delta "
         "Nord Süd West Ost Berg Tal Wald Stein Feld Hafen Kraft Licht Blau Grün Alt Neu Mont Clair Bel Val Rio Sol Luna Casa Monte Porto").split()
SUFFIX_WORDS = ("wind stone field brook wood haven gate bridge point crest view land mark ford burn dale well light path works port side line star "
                "berg stein feld hof bach wald tal burg dorf mann werk haus mont clair ville val vik sund fors dal holm by gård ski ova ino etta ello").split()
TECH = "ify ly io ora ium ix ex on ia us eo ara ent is os yx aq ai ea".split()
DESCRIPTORS = (
    "Logistik Logistics Metals Foods Systems Software Holding Group Industries Technologies Pharma Energy Medical Capital Partners Solutions "
    "Services Werke Maschinenbau Bau Textil Chemie Elektronik Automotive Marine Aero Packaging Plastics Ceramics Optics Robotics Analytics Data "
    "Digital Media Networks Telecom Retail Brands Kitchens Bakery Brewing Dairy Seeds Farms Agro Clinics Dental Care Labs Biotech Diagnostics "
    "Instruments Controls Tools Bearings Valves Pumps Motors Drives Parts Components Coatings Paints Glass Steel Timber Paper Print Education "
    "Learning Schools Travel Hotels Resorts Leisure Sports Fitness Homes Properties Estates Facility Cleaning Security Insurance Payments Leasing "
    "Finance Renewables Solar Wind Hydro Power Gas Water Waste Recycling Environmental Consulting Engineering Design Studio Games Films Music "
    "Transport Freight Shipping Airways Rail Cargo Express Warehousing Supply Trading Import Export International Europe Nordic Global "
    "Alimentari Costruzioni Meccanica Servizi Industrie Énergie Santé Ingénierie Distribution Développement Équipements Alimentos Servicios "
    "Logistyka Budownictwo Teknik Bygg Fastigheter Livsmedel Tjenester Rederi Verkstad").split()
LEGAL = ("GmbH GmbH AG SE KG|GmbH & Co. KG|GmbH & Co. KGaA|mbH|plc plc Ltd Ltd Limited LLP Inc. Inc. LLC Corp. Corporation Co.|S.p.A. S.p.A. S.r.l. "
         "SAS SA S.A. SARL B.V. N.V. BV NV AB A/S ApS ASA AS Oy Oyj|sp. z o.o.|S.A.S.|S.L. a.s. s.r.o. d.o.o. Kft. Zrt. K.K.|Pty Ltd|Pte. Ltd.|e.K. OHG UG|AG & Co. KG|"
         "Srl EOOD SpA Lda.|& Co.|& Cie|S.à r.l.|Holding AG|Group plc|Holdings Ltd|Holding B.V.")
LEGAL = tuple(s for part in LEGAL.split("|") for s in ([part] if " & " in part or part in (
    "sp. z o.o.", "Pty Ltd", "Pte. Ltd.", "S.à r.l.", "Holding AG", "Group plc", "Holdings Ltd", "Holding B.V.", "& Co.", "& Cie") else part.split()))
BLOCKED = {"blackstone", "silverlake", "bridgepoint", "eastman", "westlake", "firestone", "whitbread", "redstone", "snowflake", "goldman",
           "northern", "redhat", "stellantis", "nokia", "volvo", "solaris", "ikea", "visa", "aldi", "lidl", "zara", "fiat", "saab", "orange",
           "southwest", "norwest", "greystar", "clearwater", "brightstar", "cloudflare", "evergreen", "goodyear", "newport", "bosch", "basf"}
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIRST = ("Anna Ben Clara David Elena Felix Greta Hugo Ines Jonas Karin Luca Maria Nils Olga Paul Rosa Stefan Tara Ulrich Vera Willem Yara Zoe "
         "Aisha Bruno Chiara Dmitri Émile Freya Giulia Henrik Isabelle Jörg Katarzyna Liam Małgorzata Noah Oscar Priya Quentin Rafael Søren Tomáš").split()


def _pick(rng, seq):
    return seq[int(rng.random() * len(seq))]


def syllables(rng, low=2, high=4):
    onsets, vowels, codas = _pick(rng, FLAVOURS)
    count = low + int(rng.random() * (high - low + 1))
    out = []
    for i in range(count):
        onset = "" if i == 0 and rng.random() < 0.15 else _pick(rng, onsets)
        out.append(onset + _pick(rng, vowels) + (_pick(rng, codas) if i == count - 1 or rng.random() < 0.35 else ""))
    return "".join(out)


def _raw_stem(rng):
    r = rng.random()
    if r < 0.50:
        return syllables(rng).capitalize()
    if r < 0.60:
        return _pick(rng, WORDS) + syllables(rng, 1, 2)
    if r < 0.70:
        return syllables(rng, 1, 2).capitalize() + _pick(rng, SUFFIX_WORDS)
    if r < 0.80:
        return _pick(rng, WORDS) + _pick(rng, WORDS).lower()
    if r < 0.88:
        return syllables(rng, 1, 2).capitalize() + _pick(rng, TECH)
    if r < 0.94:
        return syllables(rng, 1, 2).capitalize() + syllables(rng, 1, 2).capitalize()
    return "".join(_pick(rng, "abcdefghijklmnopqrstuvwxyz") for _ in range(3 + int(rng.random() * 6))).capitalize()


def stem(rng, split):
    """An invented word of this split, at most 14 characters."""
    while True:
        word = _raw_stem(rng)
        if 3 <= len(word) <= 14 and word.lower() not in BLOCKED and stem_allowed(word, split):
            return word


def acronym(rng, low=2, high=4):
    return "".join(_pick(rng, UPPER) for _ in range(low + int(rng.random() * (high - low + 1))))


def digits(rng):
    r = rng.random()
    if r < 0.5:
        return str(1 + int(rng.random() * 9))
    if r < 0.8:
        return str(10 + int(rng.random() * 90))
    return str(100 + int(rng.random() * 1900))


def _body(rng, split):
    s = lambda: stem(rng, split)
    d = lambda: _pick(rng, DESCRIPTORS)
    r = int(rng.random() * 34)
    if r < 6:
        return s() + " " + d()
    if r < 9:
        return s()
    if r == 9:
        return s() + " & Sons"
    if r == 10:
        return s() + " & " + s()
    if r == 11:
        return "O'" + s() + " & " + _pick(rng, ("Sons", "Partners", "Daughters", "Brothers", "Company"))
    if r == 12:
        return digits(rng) + _pick(rng, ("D", "M", "P", "x", "one", "S", "Q")) + "-" + d()
    if r == 13:
        return s() + "-" + d()
    if r == 14:
        return s() + "-" + s()
    if r == 15:
        return acronym(rng) + " " + s()
    if r == 16:
        return acronym(rng) + " " + d()
    if r == 17:
        return acronym(rng, 1, 2) + "&" + acronym(rng, 1, 1) + " " + d()
    if r == 18:
        return s().lower()
    if r == 19:
        return s().lower() + _pick(rng, (".io", ".ai", ".tech", " labs", "-online", ".com", " health", " pay"))
    if r == 20:
        return s() + " " + s() + " " + d()
    if r == 21:
        return s() + " " + d() + " " + d()
    if r == 22:
        return _pick(rng, ("The ", "Gebr. ", "Fratelli ", "Établissements ", "Groupe ", "Grupo ", "Gruppo ", "Van ", "De ", "Von ", "St. ", "Les ", "La ", "El ")) + s() + _pick(rng, ("", " " + d()))
    if r == 23:
        return s() + digits(rng)
    if r == 24:
        return s() + " " + digits(rng) + _pick(rng, ("", " " + d()))
    if r == 25:
        return s() + d().lower()
    if r == 26:
        return s() + d()
    if r == 27:
        return s() + ", " + s() + " & " + s()
    if r == 28:
        return s() + "+" + s() if rng.random() < 0.4 else s() + " + Partner"
    if r == 29:
        return acronym(rng, 3, 5)
    if r == 30:
        return acronym(rng, 1, 1) + "." + acronym(rng, 1, 1) + ". " + s() + _pick(rng, ("", " " + d(), " & Co"))
    if r == 31:
        return s()[:1].lower() + s() + _pick(rng, ("", " " + d()))
    if r == 32:
        return s() + " " + _pick(rng, ("de", "von", "van der", "of", "du", "di", "y", "und", "and", "et")) + " " + s()
    return _wild(rng, split)


def _wild(rng, split):
    """Unusual shapes: words, initials and digits joined by any separator."""
    parts = []
    for _ in range(1 + int(rng.random() * 4)):
        k = rng.random()
        if k < 0.5:
            parts.append(stem(rng, split))
        elif k < 0.6:
            parts.append(stem(rng, split).upper())
        elif k < 0.7:
            parts.append(stem(rng, split).lower())
        elif k < 0.8:
            parts.append(acronym(rng))
        elif k < 0.9:
            parts.append(digits(rng))
        else:
            parts.append(_pick(rng, DESCRIPTORS))
    if all(p.isdigit() for p in parts):
        parts.append(stem(rng, split))
    out = parts[0]
    for p in parts[1:]:
        out += _pick(rng, (" ", " ", " ", "-", " & ", "+", ".", "/", "’", " - ")) + p
    return out


def company(rng, split):
    """A full company name, mostly with a legal form, at most 60 characters."""
    while True:
        name = _body(rng, split)
        if rng.random() < 0.88:
            name += " " + _pick(rng, LEGAL)
        elif len(name) < 4:
            continue
        if rng.random() < 0.015:
            name += " (" + stem(rng, split) + ")"
        if len(name) <= 60:
            return name


def short(name):
    """The name's first word, as memos abbreviate it."""
    return name.split(" ")[0].rstrip(",.")


def person(rng, split):
    return _pick(rng, FIRST) + " " + stem(rng, split)
