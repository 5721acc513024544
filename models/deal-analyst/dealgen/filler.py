"""Everything in a memo that must not end up in the answer: market colour, operations, process, and look-alike figures.

{x} another company · {m} an amount that is not the target's headline · {q} a percentage · {k} a multiple · {n} a count · {y} the last
actual year · {z} the year before · {w} a later year · {p} a place · {h} a person · {s} the target · {i} an industry · {t} a month
"""
from .split import Phrases as P
from .variety import MEANING, distinctive, lines

_HEADLINES = ("ev", "revenue", "ebitda", "ev_ebitda", "growth_up", "growth_down", "growth_signed", "net_leverage", "top_customer_pct")
_LOOK_ALIKE = MEANING | distinctive({"headlines": sum(map(lines, _HEADLINES), ()), "others": lines("distractors")})["others"]

# figures that look like the wanted ones
DISTRACTORS = P(
    "In the previous year ({z}) revenue had been {m}.", "EBITDA of the prior year was {m}.", "The budget for {w} foresees revenue of {m}.", "For {w} management plans EBITDA of {m}.",
    "Its competitor {x} reported revenue of {m}.", "{x}, a rival, is said to earn EBITDA of {m}.", "{x} was sold last year at an enterprise value of {m}.", "In the peer group {x} trades at an enterprise value of {m}.",
    "Comparable deals were struck at {k} EBITDA on average.", "{x} changed hands at {k} EBITDA.", "Listed peers trade at {k} EBITDA.", "The average multiple of the sector is {k}.",
    "The market as a whole is growing at {q} a year.", "Analysts expect market growth of {q} until {w}.", "{x} grew by {q} last year.", "Inflation in the region was {q}.",
    "The five largest customers together account for {q} of revenue.", "The second-largest customer has a share of {q}.", "The top ten customers stand for {q} of sales.", "No supplier exceeds {q} of purchases.",
    "The leverage covenant is set at {k}.", "Gross leverage, before cash, would be {k}.", "Net leverage should fall to {k} by {w}.", "The net leverage of peers averages {k}.",
    "Capital expenditure in {y} was {m}.", "Maintenance capex runs at {m} a year.", "Net working capital stood at {m} at year-end.", "Cash at bank was {m} at the balance sheet date.",
    "The fund would contribute equity of {m}.", "A senior facility of {m} is offered by the banks.", "Management reinvests {m}.", "Advisory fees are budgeted at {m}.",
    "Gross margin was {q} in {y}.", "The EBITDA margin is planned to reach {q} in {w}.", "The export share is {q}.", "Staff turnover was {q} in {y}.",
    "Net sales of {x} came to {m}.", "A covenant limits leverage to {k}.", "The board of {x} expects EBITDA of {m} in {w}.", "In {z}, the year before, sales were {m}.",
    "Market studies put growth of the market at {q}.", "The order backlog covers {m}.", "Interest cover is {k}.", "For {x}, a buyer paid an enterprise value of {m} in {z}.",
    "Purchases in foreign currency make up {q} of the total.", "Our stress case allows for gross leverage of {k}.", "Subsidies of {m} were received in {y}.", "The five biggest suppliers deliver {q} of materials.",
    "The market is estimated at {m}.", "Our base case returns {k} the money invested.", "The internal rate of return of the base case is {q}.", "In the downside case the return is {k}.",
    "The fund {x} holds {q} of the shares.", "Net debt of {x} equals {k} its EBITDA.", "Revenue of the subsidiary {x} was {m}.", "Orders in hand amount to {m}.",
    "Recurring contracts represent {q} of revenue.", "The market share is estimated at {q}.", "Pension obligations amount to {m}.", "Rents cost {m} a year.",
    more=lines("distractors"), keep=_LOOK_ALIKE, framed=True,
)
PLAIN = {
    "Market overview": P(
        "The market is fragmented, with about {n} providers in {p} alone.", "Consolidation has picked up since {z}.", "Customers value reliability above price.", "Entry barriers come from certification and long relationships.",
        "In {p} and its surroundings {x} is the best-known rival.", "Demand is carried by replacement rather than new projects.", "Imports play a minor part.", "Buyers such as {x} run tenders every {n} months.",
        "Digital ordering spreads slowly among smaller buyers.", "Trade associations expect stable conditions through {w}.", "The leading trade fair takes place in {p} every {t}.", "Regional differences are large, as the figures of the association show.",
        "End customers come mainly from {i} and {i2}.", "Price lists are reviewed every {t}.", "Substitutes exist but are rarely chosen.", "Most rivals, among them {x}, are owned by families."),
    "Operations": P(
        "Production takes place in {p}, where {n} lines run in two shifts.", "A second site in {p} was opened in {z}.", "The order-to-delivery time is {n} days.", "Quality is certified, and complaints are rare.",
        "Spare capacity exists on {n} of the lines.", "The warehouse in {p} was enlarged in {z}.", "Maintenance follows a plan that is reviewed every {t}.", "Purchasing is organised centrally from {p}.",
        "The fleet consists of {n} vehicles, most of them leased.", "Shifts are planned {n} weeks ahead.", "Deliveries leave {p} every working day.", "Stock is counted every {t}."),
    "Management and staff": P(
        "{h} has led the Company since {z}.", "{h} is responsible for finance and joined from {x}.", "The second tier consists of {n} managers with long service.", "{h} heads sales and intends to stay.",
        "An employee survey was held in {t} with good results.", "The works council has been informed.", "{h} will chair the advisory board after closing.", "{h}, formerly of {x}, runs operations in {p}.",
        "Training takes up {n} days a year for each employee.", "A bonus scheme for {n} managers is planned.", "References on {h} were positive.", "{h} plans to retire in {w}."),
    "Products and customers": P(
        "The range covers about {n} articles in three families.", "Repeat orders dominate, and contracts usually run for {n} months.", "Customers include {x} and {x2}.", "The Company has served {x} since {z}.",
        "New products are launched every {t}.", "Service work fills the quieter months.", "An online shop was opened in {z}.", "Customer interviews with {n} buyers confirmed the picture.",
        "Returns are handled in {p}.", "The brand is known beyond {p}.", "Warranty cases number about {n} a year.", "Prices are set by {h} personally."),
    "Information technology": P(
        "The ERP system was replaced in {z}.", "Data are held in a centre in {p}.", "{n} people work in IT, led by {h}.", "The software of {x} is used for planning.",
        "An upgrade is due in {w}.", "Licences are in order.", "Backups are tested every {t}.", "The interfaces to {x} work without manual steps.",
        "A new portal went live in {t}.", "The network was renewed in {z}.", "{x} runs the help desk from {p}.", "About {n} servers were moved to a provider."),
    "Environment and social matters": P(
        "A report on sustainability is published every {t}.", "Solar panels in {p} deliver part of the power.", "The site in {p} holds all permits.", "Accidents at work fell to {n} in {y}.",
        "A whistle-blower channel is run by {x}.", "The carbon balance was drawn up for the first time in {z}.", "Women hold {n} of the leading positions.", "The code of conduct was renewed in {t}.",
        "Waste is sorted and sold to {x}.", "Suppliers sign a code of conduct.", "Charities in {p} receive support.", "A target for emissions is to be set in {w}."),
    "Legal and tax": P(
        "Our lawyers {x} have reviewed the main contracts.", "The tax audit up to {z} is closed.", "Leases in {p} run until {w}.", "All trademarks are registered in the name of the group.",
        "A change-of-control clause exists in {n} contracts.", "Works agreements were reviewed by {x}.", "The articles will be amended at closing.", "Tax losses are not part of the price.",
        "The merger filing takes about {n} weeks.", "The share purchase agreement is in its third draft.", "Warranties are covered by insurance from {x}.", "The data room held {n} folders."),
    "Process and timetable": P(
        "The process is run by {x}.", "Non-binding offers were due in {t}.", "Four parties remain, among them {x}.", "Signing is planned for {t} {w}.",
        "A site visit to {p} took place in {t}.", "{h} leads the deal team.", "Exclusivity lasts {n} weeks.", "Confirmatory work will take {n} weeks from today.",
        "The next committee meets in {t}.", "Bids were also expected from {x} and {x2}.", "{h} presented the Company in {p}.", "Closing should follow {n} days after signing."),
    "Strategy": P(
        "The plan rests on selling more to existing customers.", "A move into {p} is prepared for {w}.", "{x} could be bought later.", "Cross-selling with {i} customers has begun.",
        "A price review is overdue, as {h} says.", "The sales force is to grow by {n} people.", "The plan was tested against {n} scenarios.", "Opening in {p} would take {n} months.",
        "Management sees room for {n} further sites.", "Licensing to {x} is under discussion.", "The range will be trimmed in {w}.", "An office in {p} is planned."),
    "Exit": P(
        "A sale to {x} is conceivable in {w}.", "Strategic buyers such as {x} have shown interest.", "A holding period of {n} quarters is assumed.", "An initial offering is not planned.",
        "Other funds bought similar assets in {z}.", "The exit case does not assume a higher multiple.", "{x} and {x2} are natural buyers.", "Buyers from {p} have asked for a meeting."),
    "Company history": P(
        "The business began as a workshop in {p}.", "In {z} the second generation took over.", "{x} was merged into the group some years ago.", "The name goes back to a district of {p}.",
        "{h} bought out the other partners.", "A fire in {p} destroyed the first site.", "The first foreign office was opened in {p}.", "Since then {n} branches have been added."),
}
# subject + predicate + tail make up most of the filler; the predicates are split
SUBJECTS = ("The purchasing department", "The plant in {p}", "{h}", "The supervisory board", "The sales team", "The finance department", "The branch in {p}", "The works council",
            "The family", "The logistics centre in {p}", "The project team", "The auditor {x}", "The bank {x}", "The adviser {x}", "The engineering team", "The group", "Senior management",
            "The subsidiary in {p}", "The largest site", "The service unit", "The supplier {x}", "The lessor {x}", "The research group", "The advisory board", "The deal team", "{x}",
            "The marketing department", "The head office in {p}", "The regional manager {h}", "The insurance broker {x}", "The landlord {x}", "The export office", "The quality manager {h}", "The second shift")
PREDICATES = P(
    "has reviewed the contracts with {x}", "expects no change in the way orders are placed", "was reorganised in {z}", "works with a budget of {m}",
    "reports to {h}", "moved to new premises in {p}", "has renewed the agreement with {x}", "keeps separate books for the unit in {p}",
    "took part in {n} interviews", "answered all questions of the advisers", "has started a programme to shorten delivery times", "supports the plan to open in {p}",
    "prepared a list of {n} open points", "sees room for better use of the lines", "has cut the number of articles to {n}", "intends to hire {n} people",
    "draws most of its people from {p}", "is responsible for {n} accounts", "uses the software of {x}", "had asked {x} for a second opinion",
    "holds a meeting every {t}", "has raised prices by {q}", "spent {m} on new equipment", "will be led by {h} from {t}",
    "has little contact with {x}", "plans the work {n} weeks ahead", "handles returns from {p}", "was audited without remarks",
    "co-operates with {x} on new designs", "lost a tender to {x}", "won a tender against {x}", "sends a report to {h} every {t}",
    "trains {n} apprentices", "has closed the depot in {p}", "rents storage space in {p}", "was visited by the team in {t}",
    "shares a building with {x}", "considers the forecast cautious", "shows a margin of {q}", "has put off the move to {p}",
    "relies on staff with long experience", "compares itself with {x}", "has taken over tasks from {x}", "buys power from {x} on a yearly contract",
    "provides figures within {n} days", "wants to keep the name", "has found a saving of {m}", "runs {n} projects at a time",
    "measures its results against the year {z}", "meets the standards that {x} demands", "has doubled its output since {z}", "offers training to partners in {p}",
    "was part of {x} until {z}", "has a waiting list of {n} months", "carries stock worth {m}", "looks after clients from {p}",
    "plays a part in the plan for {w}", "has written down old stock by {m}", "expects a decision by {t}", "has kept the same layout since {z}",
)
TAILS = ("", "", "", ", as {h} explained", " and sees no need to act before {w}", ", which the data room confirms", ", according to {x}", " since the change in {t}", ", although the figures differ by source",
         ", with good results so far", " in spite of the delay in {p}", ", as in the years before", " without extra cost", ", and {h} agrees", " for the time being", ", subject to approval in {t}",
         ", which compares well with {x}", " after a long discussion", ", at least until {t} {w}", ", to the surprise of {x}")
PLACES = ("Hamburg Lyon Turin Leeds Malmö Bergen Aarhus Poznań Brno Graz Basel Ghent Utrecht Porto Bilbao Cork Bristol Dresden Kassel Nantes Lille Verona Padua Tampere Turku Linz Bern "
          "Zürich Łódź Gdańsk Ostrava Boston Denver Austin Toronto Calgary Perth Brisbane Osaka Nagoya Leipzig Bremen Cologne Düsseldorf Stuttgart Nuremberg Münster Göteborg Trondheim Odense").split()
MONTHS = "January February March April May June July August September October November December".split()
