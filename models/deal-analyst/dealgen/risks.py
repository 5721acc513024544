"""Sentences of the risk section, by category; every fourth is held out. Each carries words that are typical of its category."""
from .split import Phrases
from .variety import distinctive, lines


_SENTENCES = {
    "customer_concentration": ("Dependence on a few large customers could hurt if one of them left.", "Customer concentration is high.", "The loss of a major customer would weigh on results.", "A few key customers dominate the order book.",
                                "Customer concentration remains a concern despite long contracts.", "Sales hinge on a small number of customers.", "Reliance on few customers gives these strong bargaining power.", "The narrow customer base is a weakness."),
    "supplier_dependency": ("Key inputs come from a single supplier.", "The Company depends on few suppliers.", "Supplier dependency is pronounced.", "A failure of the main supplier would stop production.",
                             "One supplier delivers most of the critical components.", "Sole-source suppliers limit flexibility.", "The supply agreement with the main supplier ends soon.", "Reliance on one supplier is hard to reduce."),
    "cyclicality": ("Demand is cyclical.", "The business is exposed to the economic cycle.", "In a recession orders would fall sharply.", "Cyclical end markets make earnings volatile.",
                     "The cyclicality of demand showed in the last recession.", "An economic downturn would hit volumes.", "Earnings follow the economic cycle.", "Its markets are known to be cyclical."),
    "regulation": ("Regulatory changes could limit pricing.", "New regulation is expected.", "The licence depends on the regulator.", "A stricter regulatory regime would raise costs.",
                    "Regulation of the industry is tightening.", "Approvals by the regulator may be delayed.", "Regulatory compliance is costly.", "The regulator may impose new rules."),
    "key_person": ("The founder is hard to replace.", "Key-person risk: the founder runs all key relationships.", "Dependence on the managing director is considerable.", "The business relies heavily on its founder.",
                    "The departure of the founder would be hard to absorb.", "Key-person dependency on the chief executive is high.", "Succession of the chief executive is open.", "Succession planning for the founder is missing."),
    "currency_exposure": ("Currency swings affect margins.", "Foreign exchange exposure is unhedged.", "A stronger home currency would hurt exports.", "Exchange rates move results noticeably.",
                           "Most costs and revenues are in different currencies.", "Exchange-rate movements are not hedged.", "FX exposure is considerable.", "The currency exposure is only partly hedged."),
    "litigation": ("A lawsuit with a former partner is pending.", "Pending litigation could lead to damages.", "Litigation over a patent is not settled.", "A court case against the Company is still open.",
                    "Claims in court may exceed the provisions.", "The outcome of the pending lawsuit is uncertain.", "Legal proceedings are under way.", "The Company is defendant in a lawsuit."),
    "technology_change": ("New technology could make the product obsolete.", "Technological change is fast.", "The product risks obsolescence.", "Technology shifts may overtake the product range.",
                           "Disruptive technology threatens the core product.", "The platform is technically outdated.", "Technological obsolescence is a threat.", "The technology may be superseded."),
    "integration": ("Integration of earlier acquisitions is not finished.", "Integration may cost more than planned.", "Integrating the business will bind management.", "Integration of the two organisations is demanding.",
                     "Integration risk is high after several acquisitions.", "Synergies depend on a smooth integration.", "The integration plan is ambitious.", "Post-merger integration has stalled before."),
    "cyber_security": ("Cyber security is below standard.", "A cyber attack hit the Company two years ago.", "IT security shows gaps.", "A data breach after a cyber attack would harm its reputation.",
                        "Cyber incidents could interrupt operations.", "The penetration test revealed security gaps.", "Cyber risks are not insured.", "Protection against cyber attacks is weak."),
    "labour_shortage": ("Skilled workers are hard to find.", "A shortage of skilled labour limits growth.", "Labour shortages drive wages.", "Recruiting skilled staff takes ever longer.",
                         "Staff shortages limit capacity.", "The shortage of qualified staff persists.", "Vacancies remain open for lack of skilled workers.", "A lack of qualified workers slows expansion."),
    "input_costs": ("Raw material prices are volatile.", "Rising input costs squeeze margins.", "Energy and raw material costs can not be passed on in full.", "Input cost inflation weighs on margins.",
                     "Margins depend on raw material prices.", "Higher energy costs would reduce earnings.", "Raw material inflation is passed on with delay.", "Prices of raw materials have risen."),
    "competition": ("Competition is intense.", "New competitors enter with lower prices.", "Larger competitors gain market share.", "Competitive pressure from abroad is growing.",
                     "Low barriers to entry invite competitors.", "Price competition is increasing.", "Competitors invest heavily.", "Competition from larger rivals is getting tougher."),
    "environmental_liability": ("Soil contamination at the old site may need clean-up.", "Environmental liabilities are not fully provided for.", "Environmental remediation could be required.", "Environmental clean-up costs are unknown.",
                                 "Legacy contamination is an environmental liability.", "Groundwater contamination was found.", "An environmental survey found contaminated soil.", "Contaminated land may lead to environmental costs."),
    "refinancing": ("Existing debt matures soon and must be refinanced.", "Refinancing risk is elevated.", "The bank loans mature next year.", "Refinancing of the bond is due within a year.",
                     "Loan maturities fall due shortly after closing.", "Refinancing at higher rates would be costly.", "The credit facility expires and needs refinancing.", "Upcoming maturities make refinancing necessary."),
}
_WORDS = distinctive({risk: lines("risk_" + risk) for risk in _SENTENCES})
SENTENCES = {risk: Phrases(*sentences, more=lines("risk_" + risk), keep=_WORDS[risk]) for risk, sentences in _SENTENCES.items()}
TITLES = {
    "customer_concentration": "Customer concentration", "supplier_dependency": "Supplier dependency", "cyclicality": "Cyclicality", "regulation": "Regulation", "key_person": "Key person",
    "currency_exposure": "Currency exposure", "litigation": "Litigation", "technology_change": "Technology change", "integration": "Integration", "cyber_security": "Cyber security",
    "labour_shortage": "Labour shortage", "input_costs": "Input costs", "competition": "Competition", "environmental_liability": "Environmental liability", "refinancing": "Refinancing",
}
HEADINGS = Phrases("Key risks", "Principal risks", "Risk factors", "Main risks", "Risks", "Risk assessment", "Risk review", "Key risk factors", more=lines("risk_headings"))
INTRO = Phrases("The deal team has identified the following risks.", "The main risks are as follows.", "In our view these risks matter most.", "These are the risks that the committee should weigh.",
          "We draw attention to the following key risks.", "Diligence brought up these risks:", "The key risks of the transaction:", "The following key risks came out of our work.", more=lines("risk_intro"), keep=frozenset())
NONE = Phrases("The deal team has identified no key risks.", "No key risks were identified.", "No material risks came up in diligence.", "Our work has brought up no key risks.", more=lines("risk_none"))
ELABORATION = Phrases("Management is aware of the point.", "We have discussed this with the advisers.", "The seller sees this differently.", "The team will follow up in confirmatory diligence.",
                "A mitigation plan exists.", "We rate the probability as medium.", "The effect on cash flow would be noticeable.", "The advisers share this view.",
                "This is reflected in our downside case.", "The effect has been modelled.", "Insurance covers part of it.", "It has been raised with the seller.", more=lines("risk_elaboration"), keep=frozenset())
