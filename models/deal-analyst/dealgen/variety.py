"""The variety of the train split: the wordings of wordings/, frames around a sentence, and noise in what carries no meaning.

A model that sees few wordings learns those by heart instead of what they mean.
"""
import re
from pathlib import Path

WORDINGS = Path(__file__).resolve().parent / "wordings"
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"(?<![{\w-])[A-Za-z][a-z]+(?![}\w-])")


def lines(name):
    """The templates of wordings/<name>.txt, one a line, alternatives in brackets."""
    return tuple(line for line in (WORDINGS / (name + ".txt")).read_text(encoding="utf-8").splitlines() if line)


def expand(rng, text):
    """Takes one of the alternatives of every bracket."""
    return _CHOICE.sub(lambda m: _one(rng, m.group(1).split("|")), text)


def frame(rng, sentence):
    """Puts a source before the sentence or a remark after it, now and then."""
    if sentence[-1] == "." and rng.random() < 0.3:
        sentence = sentence[:-1] + _one(rng, REMARKS) + "."
    if rng.random() < 0.25:
        sentence = _one(rng, SOURCES) + (sentence if sentence[1:2].isupper() or sentence[0] == "{" else sentence[0].lower() + sentence[1:])
    return sentence


def loosen(rng, sentence, keep):
    """Replaces a part of the words that are not in keep by any others, so that no fixed string of words becomes the mark of a fact."""
    if keep and not keep & words(sentence):
        return sentence
    rate = 0.1 + 0.6 * rng.random()
    return _WORD.sub(lambda m: m.group() if m.group().lower() in keep or rng.random() > rate else _one(rng, NOISE), sentence)


def jumble(rng, sentence):
    """Moves words by a few places."""
    words = sentence.rstrip(".").split(" ")
    reach = 1 + 3 * rng.random()
    places = [i + reach * rng.random() for i in range(len(words))]
    order = sorted(range(len(words)), key=places.__getitem__)
    return " ".join(words[i] for i in order) + sentence[len(sentence.rstrip(".")):]


def words(text):
    """The words of a template, in lower case."""
    return {w.lower() for w in _WORD.findall(text.replace("|", " ").replace("[", " ").replace("]", " "))}


def distinctive(groups):
    """For each group of templates, the words that occur (nearly) in this group alone."""
    counts = {}
    for name, templates in groups.items():
        for template in templates:
            for word in words(template):
                counts.setdefault(word, {}).setdefault(name, 0)
                counts[word][name] += 1
    return {name: frozenset(w for w, c in counts.items() if c.get(name, 0) > 0.8 * sum(c.values())) for name in groups}


def _one(rng, options):
    return options[int(rng.random() * len(options))]


SOURCES = (
    "According to the vendor report, ", "As stated in the data room, ", "Per the documents at hand, ", "On the figures supplied, ", "By our reading, ", "As things stand, ", "In our model, ", "After the latest talks, ",
    "{h} confirms that ", "The seller states that ", "{a} notes that ", "Based on the draft contract, ", "For the record, ", "It is understood that ", "Our advisers report that ", "Here, ", "To begin with, ")
REMARKS = (
    " (see annex {n3})", ", subject to diligence", ", as agreed with {a}", ", as {h} confirmed", ", unchanged since {t}", " at this stage", ", to the best of our knowledge", ", which we find plausible", "; details follow",
    ", according to {a}", " (source: data room)", ", and {h} stands by that", ", which {a} has checked", ", as discussed in {t}")

# Words that carry the meaning of a figure's sentence; loosen keeps them.
MEANING = frozenset((
    "enterprise value valuation valued values priced price purchase offer offers bid bids pay paying paid cash debt free revenue revenues sales sold turnover net top line "
    "income invoiced billed earned ebitda adjusted operating earnings profit before depreciation amortisation interest tax margin multiple trailing ratio "
    "growth grew grow grown growing rose rise rises increased increase increases up climbed higher improved gained gain gains expanded expand advanced lifted raised uplift more added "
    "fell fall falls dropped drop drops decreased decrease decreases declined decline declines shrank shrink down sank slid slipped dipped weakened receded lower contracted contraction lost loss less reduction setback "
    "leverage lenders lend loan loans covenant gross borrowings closing customer customers client clients buyer buyers account accounts share shares concentration "
    "largest biggest main key second five ten first top single principal important number prior previous earlier before budget budgeted plan plans planned plan's forecast expected expects expect target targets exit "
    "market industry segment inflation peer peers rival rivals competitor competitors comparable supplier suppliers former not no nobody disclosed undisclosed available confidential withheld withhold stated given open unknown "
    "last year month months actual audited equity fee fees capital capex working cover average").split())
NEUTRAL = tuple((
    "of in at to for as by on an the its this that with from has was were which also been our "
    "about above across after again along also although always another around aside back basic beyond both brief broad calm careful certain chiefly clear close common complete correct current daily direct "
    "during each easily either entire equal even every exact fair far final firm following formal frankly full further general given good great half handed hence here holds indeed inside joint just keeps kept known large later "
    "leads least left likely little local long looks made mainly makes many marked matter means mention might mostly moved much named near nearly need never next noted notice often once only other ours outside over overall "
    "part past perhaps placed plain point possible present pretty proved put quite rather reached read ready real recent regard related remains right roughly round safe said same seen sets several shall short shown side simple since "
    "small solid some soon special stays steady still strong sure taken takes tells term thereby thus today together told took toward true turned under until upon used useful usual verified very well went whole widely "
    "will within without worth written yet").split())
# What replaces words: the neutral ones, and those of texts that state neither a figure nor a risk.
_SILENT = ("company_again", "sector", "type", "risk_elaboration", "risk_intro", "risk_headings", "risk_none")
_RISKS = [path.stem for path in WORDINGS.glob("risk_*.txt") if path.stem not in _SILENT]
_vocabulary = lambda names: set().union(*(words(line) for name in names for line in lines(name)))
NOISE = tuple(sorted(set(NEUTRAL) | _vocabulary(_SILENT) - _vocabulary(_RISKS) - MEANING))
