"""How memos state facts. In each list every fourth template is held out (see split.Phrases).

{c} the target's full name · {s} how the memo calls it later · {v} the figure · {y} last actual year · {f} the fund · {o} the seller
"""
from .split import Phrases as P
from .variety import MEANING, lines

COMPANY = P(
    "{f} is considering the acquisition of {c} (the “Company”).",
    "This memorandum concerns {c}, referred to below as the Company.",
    "The target of this transaction is {c}, hereafter “the Company”.",
    "We have been invited to bid for {c}, which is currently owned by {o}.",
    "{o} has appointed advisers to find a partner for {c}.",
    "The committee is asked to review a transaction involving {c} as target.",
    "{c} (“the Target”) has been brought to us by {a}.",
    "The investment team has examined {c} on behalf of {f} since early spring.",
    "The subject of this paper is {c} and its subsidiaries.",
    "{f} has entered exclusive talks with {o} over {c}, the target company.",
    "Target: {c}. Seller: {o}. Buyer: {f}.",
    "Under the proposal {f} would invest in {c}, presently held by {o}.",
    "{f} proposes to invest in {c}; {a} advises the seller.",
    "Our target {c} has been known to the team for several years.",
    "The proposed investment relates to {c}, a company controlled by {o}.",
    "On behalf of {o}, {a} has approached {f} about the sale of {c} (the Company).",
    "This paper presents {c} to the investment committee of {f}.",
    "The company under review, {c}, was founded by the family behind {o}.",
    "The deal team of {f} submits its findings on {c}.",
    "What follows is our assessment of {c} as a possible investment for {f}.",
    more=lines("company"),
)
COMPANY_AGAIN = P(
    "{c} was founded in {e} and is based in {p}.", "Headquartered in {p}, {c} employs about {n2} people.", "{c} serves customers in {n3} countries from {p}.",
    "From its base in {p}, {c} has grown since {e} to a staff of {n2}.", "In {p}, {c} runs its main site with {n2} employees.", "Since {e} the registered seat of {c} has been {p}.",
    "The management of {c} is based in {p} and has been in place since {e}.", "About {n2} people work for {c}, most of them in {p}.",
    "{c} operates {n3} sites, the largest of them in {p}.", "Established in {n}, {c} has its head office in {p}.", "The origins of {c} go back to {e}, when it opened in {p}.",
    "With {n2} staff and {n3} sites, {c} counts among the larger employers of {p}.",
    more=lines("company_again"),
)
SECTOR = P(
    "{s} operates in the {v} sector.", "The business belongs to the {v} sector.", "Sector: {v}.", "In our classification {s} falls under {v}.",
    "{s} is active in {v}.", "We classify the business as {v}.", "Our sector code for this deal is {v}.", "As a participant in the {v} industry, {s} is well known to our sector team.",
    "{s} is a {v} business.", "The deal is covered by our {v} team.", "The Company's field is {v}.", "The activity of {s} is to be assigned to {v}.",
    "This is a {v} investment.", "{s} earns its living in {v}.", "The transaction falls to our {v} practice.", "Within our portfolio the asset would sit in the {v} segment.",
    more=lines("sector"),
)
# the names of the types are words that every template carries
TYPE_WORDS = {
    "buyout": ("a majority buyout", "a leveraged buyout", "a buyout of all shares", "a control buyout"),
    "management_buyout": ("a management buyout", "a management buy-out (MBO)", "an MBO led by the current management", "a management-led buyout"),
    "secondary_buyout": ("a secondary buyout", "a secondary buyout from another sponsor", "a sponsor-to-sponsor secondary", "a secondary buy-out"),
    "minority_investment": ("a minority investment", "a minority stake", "the purchase of a minority stake", "a non-controlling minority position"),
    "growth_investment": ("a growth investment", "growth equity", "a growth capital round", "a growth equity investment"),
    "carve_out": ("a carve-out", "a carve-out from the parent group", "a corporate carve-out", "a divisional carve-out"),
    "add_on": ("an add-on acquisition", "a bolt-on acquisition", "an add-on for an existing platform", "a bolt-on to a portfolio company"),
    "merger": ("a merger", "a merger of equals", "a statutory merger", "a merger with a portfolio company"),
    "take_private": ("a take-private", "a public-to-private transaction", "a take-private of the listed shares", "a public-to-private (P2P)"),
    "recapitalisation": ("a recapitalisation", "a leveraged recapitalisation", "a dividend recapitalisation", "a recapitalisation of the balance sheet"),
}
TYPE = P(
    "The transaction is structured as {v}.", "Transaction type: {v}.", "The deal takes the form of {v}.", "In legal terms we are looking at {v}.", "We propose {v}.",
    "Structurally this is {v}.", "The proposed deal is {v}.", "What is on offer amounts to {v}.", "It would be carried out as {v}.", "The seller prefers {v}.",
    "The envisaged structure is {v}.", "The parties have agreed on {v} as the route.",
    more=lines("type"),
)
EV = P(
    "The enterprise value amounts to {v}.", "The agreed price implies an enterprise value of {v}.", "Our offer values the Company at an enterprise value of {v}.",
    "On a cash-free and debt-free basis the parties put the enterprise value at {v}.", "Enterprise value: {v}.", "We propose an EV of {v}.", "The headline enterprise value is {v}.",
    "At signing, an enterprise value of {v} would be paid.", "The transaction is priced at an enterprise value of {v}.", "An EV of {v} has been indicated to the seller.",
    "The enterprise value of {s} was set at {v} in the term sheet.", "Negotiations settled at {v} of enterprise value.", "{s} is valued at {v} (enterprise value).",
    "The purchase price corresponds to an enterprise value of {v}.", "Our indicative bid rests on an EV of {v}.", "The committee is asked to approve an enterprise value of {v}.",
    "The proposed enterprise value stands at {v}.", "The EV under the letter of intent is {v}.", "Taking debt and cash into account, the enterprise value comes to {v}.", "With {v}, the enterprise value lies within our range.",
    more=lines("ev"), keep=MEANING, framed=True,
)
REVENUE = P(
    "Revenue in {y} amounted to {v}.", "{s} generated revenue of {v} in {y}.", "In {y} the Company reported sales of {v}.", "For the financial year {y}, turnover came in at {v}.",
    "Last year's revenue was {v}.", "Sales reached {v} in the last financial year.", "With revenue of {v} in {y}, {s} is mid-sized.", "The audited accounts for {y} show net sales of {v}.",
    "Revenue for FY{y} stood at {v}.", "{y} revenue: {v}.", "The top line was {v} in {y}.", "{s} closed {y} with {v} of revenue.",
    "Turnover of {s} in the last full year was {v}.", "In the year to December {y}, revenue reached {v}.", "The business had net sales of {v} in {y}.", "The latest audited revenue figure ({y}) is {v}.",
    "Reported revenue ({y}A): {v}.", "{s} turned over {v} in {y}.", "On an audited basis {y} revenue was {v}.", "During {y} customers were invoiced {v}, which is the reported revenue.",
    more=lines("revenue"), keep=MEANING, framed=True,
)
EBITDA = P(
    "EBITDA in {y} amounted to {v}.", "{s} earned EBITDA of {v} in {y}.", "Adjusted EBITDA was {v} in the last financial year.", "For {y} the Company posted EBITDA of {v}.",
    "EBITDA came to {v}.", "{y} EBITDA: {v}.", "In {y} operating earnings before depreciation (EBITDA) reached {v}.", "The accounts for {y} show {v} of EBITDA.",
    "With {v}, EBITDA was in line with the budget.", "Normalised EBITDA stood at {v} in {y}.", "Management reports EBITDA of {v} for {y}.", "The quality-of-earnings report confirms EBITDA of {v}.",
    "EBITDA for FY{y} was {v}.", "The Company's {y} EBITDA was {v}.", "On that basis EBITDA reached {v}.", "Last year {s} made {v} in EBITDA.",
    "Reported EBITDA ({y}A): {v}.", "{s} closed {y} with EBITDA of {v}.", "EBITDA ended the year {y} at {v}.", "After normalisation, the EBITDA of {y} is {v}.",
    more=lines("ebitda"), keep=MEANING, framed=True,
)
MULTIPLE = P(
    "This corresponds to {v} EBITDA.", "The price implies an EV/EBITDA multiple of {v}.", "The entry multiple is {v}.", "On last year's figures that equals {v} EV/EBITDA.",
    "EV/EBITDA: {v}.", "We would pay {v} EBITDA.", "The implied multiple is {v} EBITDA of the last actual year.", "Relative to EBITDA the entry valuation is {v}.",
    "The transaction multiple stands at {v} EV/EBITDA.", "At {v} EBITDA the entry valuation is discussed below.", "The bid is pitched at {v} trailing EBITDA.", "Our entry price equates to a multiple of {v} on EBITDA.",
    "The valuation of the Company equals {v} EBITDA.", "An entry multiple of {v} has been agreed.", "The seller accepts {v} EBITDA.", "In terms of EV/EBITDA, the deal is struck at {v}.",
    more=lines("ev_ebitda"), keep=MEANING, framed=True,
)
GROWTH_UP = P(
    "Revenue grew by {v} over the prior year.", "Sales increased {v} year on year.", "Revenue growth was {v} in {y}.", "Compared with the year before, revenue rose by {v}.",
    "Revenue was up {v} on the previous year.", "Year-on-year revenue growth came to {v}.", "Growth in {y}: {v}.", "The top line expanded by {v} in {y}.",
    "The Company grew its revenue by {v} in {y}.", "Turnover rose {v} against the prior year.", "Sales growth reached {v} in the last financial year.", "At {v}, revenue growth was the result of new contracts.",
    "Revenue advanced by {v} in {y}.", "Annual revenue growth stood at {v}.", "{s} increased its revenue by {v}.", "Over the twelve months of {y} revenue gained {v}.",
    more=lines("growth_up"), keep=MEANING, framed=True,
)
GROWTH_DOWN = P(
    "Revenue fell by {v} against the prior year.", "Sales decreased {v} year on year.", "Revenue declined by {v} in {y}.", "Compared with the year before, revenue shrank by {v}.",
    "Revenue was down {v} on the previous year.", "The top line contracted by {v} in {y}.", "Turnover dropped {v} against the prior year.", "In {y} a revenue decline of {v} had to be reported.",
    "{s} lost {v} of its revenue in {y}.", "Sales fell {v} in the last financial year.", "Year on year, revenue decreased by {v}.", "Over the twelve months of {y} revenue slipped by {v}.",
    more=lines("growth_down"), keep=MEANING, framed=True,
)
GROWTH_SIGNED = P(
    "Revenue growth was {v} in {y}.", "Year-on-year revenue growth came to {v}.", "Growth in {y}: {v}.", "Revenue growth for {y} stood at {v}.",
    "Sales growth: {v}.", "The change in revenue over the prior year was {v}.", "Annual revenue growth stood at {v}.", "Revenue growth of {v} was recorded in {y}.",
    more=lines("growth_signed"), keep=MEANING, framed=True,
)
LEVERAGE = P(
    "Net debt / EBITDA at closing will be {v}.", "Net leverage at closing is {v}.", "The financing leads to net leverage of {v} EBITDA.", "At completion net debt would stand at {v} EBITDA.",
    "Net leverage: {v}.", "After the transaction the Company carries net debt of {v} EBITDA.", "The structure assumes opening net leverage of {v}.", "Opening leverage, net of cash, is {v} EBITDA.",
    "The lenders' case shows net debt to EBITDA of {v} at closing.", "Pro forma net leverage amounts to {v}.", "We plan with net debt of {v} EBITDA on day one.", "Day-one net leverage is put at {v}.",
    "The net leverage ratio will be {v}.", "Leverage (net debt/EBITDA) is {v} at closing.", "The debt package results in net leverage of {v}.", "With the new facilities in place, net leverage comes to {v}.",
    more=lines("net_leverage"), keep=MEANING, framed=True,
)
CUSTOMER = P(
    "The largest customer accounts for {v} of revenue.", "The biggest customer contributes {v} of sales.", "Some {v} of revenue comes from the largest customer.", "The top customer represents {v} of turnover.",
    "Top customer: {v} of revenue.", "{s} makes {v} of its sales with its largest customer.", "The number one customer stands for {v} of revenue.", "With {v} of revenue, one buyer is the largest customer by a distance.",
    "The largest single customer takes {v} of sales.", "The top customer's share of revenue is {v}.", "The share of the largest customer in revenue was {v}.", "A single account, the largest customer, brings in {v} of revenue.",
    "Revenue with the top customer made up {v} of the total.", "The largest client generated {v} of revenue in {y}.", "The biggest account is worth {v} of revenue.", "Measured by revenue, the top customer weighs {v}.",
    more=lines("top_customer_pct"), keep=MEANING, framed=True,
)
HIDDEN = {
    "enterprise_value": P("The seller has not disclosed a price expectation.", "The enterprise value has not been disclosed.", "No enterprise value is available at this stage.", "An enterprise value was not communicated.", more=lines("hidden_enterprise_value")),
    "revenue": P("Revenue has not been disclosed.", "Revenue figures are not disclosed before exclusivity.", "The seller withholds revenue figures.", "No revenue figure was made available.", more=lines("hidden_revenue")),
    "ebitda": P("EBITDA has not been disclosed.", "The seller did not disclose EBITDA.", "EBITDA is not available.", "No EBITDA figure was made available.", more=lines("hidden_ebitda")),
    "ev_ebitda": P("No multiple has been agreed.", "The multiple is not disclosed.", "An EV/EBITDA multiple is not available.", "A multiple was not communicated.", more=lines("hidden_ev_ebitda")),
    "revenue_growth_pct": P("Growth rates were not disclosed.", "The growth of revenue is not disclosed.", "Revenue growth is not available.", "No growth rate was made available.", more=lines("hidden_revenue_growth_pct")),
    "net_leverage": P("The financing structure has not been disclosed.", "Net leverage is not disclosed.", "No leverage has been agreed with lenders.", "The level of net leverage was not communicated.", more=lines("hidden_net_leverage")),
    "top_customer_pct": P("Customer concentration was not disclosed.", "The share of the largest customer is not disclosed.", "Customer data are not available.", "No figure for the top customer was made available.", more=lines("hidden_top_customer_pct")),
}
LABELS = {
    "company": P("Company", "Target", "Target company", "Name of target", "Company name", "Target (full name)", "Issuer", "Company (target)", more=lines("labels_company")),
    "sector": P("Sector", "Industry", "Sector code", "Sector (house classification)", more=lines("labels_sector")),
    "transaction_type": P("Transaction type", "Deal type", "Structure", "Type of transaction", more=lines("labels_transaction_type")),
    "enterprise_value": P("Enterprise value", "EV", "Enterprise value (EV)", "Proposed enterprise value", "Enterprise value, cash-free/debt-free", "Headline EV", "Purchase price (EV)", "Enterprise value at signing", more=lines("labels_enterprise_value")),
    "revenue": P("Revenue", "Revenue {y}", "Sales {y}", "Net sales", "Revenue FY{y}A", "Turnover", "Net revenue", "Revenue ({y} actual)", more=lines("labels_revenue")),
    "ebitda": P("EBITDA", "EBITDA {y}", "Adjusted EBITDA", "Normalised EBITDA", "EBITDA FY{y}A", "Adj. EBITDA", "Reported EBITDA", "EBITDA ({y} actual)", more=lines("labels_ebitda")),
    "ev_ebitda": P("EV/EBITDA", "Entry multiple", "Multiple (EV/EBITDA)", "EV / EBITDA multiple", "Implied multiple", "EV/EBITDA {y}", "Entry multiple (EV/EBITDA)", "Transaction multiple", more=lines("labels_ev_ebitda")),
    "revenue_growth_pct": P("Revenue growth", "Growth", "Sales growth", "Revenue growth year on year", "YoY revenue growth", "Revenue growth {y}", "Growth of revenue", "Revenue growth vs. prior year", more=lines("labels_revenue_growth_pct")),
    "net_leverage": P("Net leverage", "Net debt / EBITDA", "Leverage at closing (net)", "Net leverage at closing", "Net debt/EBITDA", "Leverage (net)", "Opening net leverage", "Net leverage (pro forma)", more=lines("labels_net_leverage")),
    "top_customer_pct": P("Top customer", "Largest customer", "Largest customer, % of revenue", "Top customer share", "Customer no. 1, share of revenue", "Top-1 customer", "Biggest customer", "Share of largest customer", more=lines("labels_top_customer_pct")),
}
NOT_DISCLOSED = P("n/d", "not disclosed", "n/a", "undisclosed", "–", "n.d.", "not available", "not yet disclosed", more=lines("not_disclosed"))
