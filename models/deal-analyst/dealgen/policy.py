"""The house policy: the recommendation and its one-sentence rationale follow from the extracted fields alone.

decline                 net leverage >= 6.0, or top customer >= 40 %, or growth <= -10 %
proceed_with_caution    net leverage >= 4.0, or top customer >= 20 %, or growth < 0 %, or EV/EBITDA >= 14.0,
                        or EBITDA not disclosed
proceed                 everything else

Triggers are named in the order: leverage, customer, growth, multiple, EBITDA.
"""


def _join(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def decide(growth, leverage, top_customer, multiple, ebitda_disclosed):
    """Figures are literals as written ('-3.1') or None. Returns (recommendation, rationale)."""
    hard, soft = [], []
    if leverage is not None and float(leverage) >= 4.0:
        (hard if float(leverage) >= 6.0 else soft).append("net leverage of %sx" % leverage)
    if top_customer is not None and float(top_customer) >= 20.0:
        (hard if float(top_customer) >= 40.0 else soft).append("a top customer at %s%% of revenue" % top_customer)
    if growth is not None and float(growth) < 0:
        (hard if float(growth) <= -10.0 else soft).append("revenue falling by %s%%" % growth[1:])
    if multiple is not None and float(multiple) >= 14.0:
        soft.append("a multiple of %sx" % multiple)
    if not ebitda_disclosed:
        soft.append("undisclosed EBITDA")
    if hard:
        return "decline", "Policy limits are breached by %s." % _join(hard)
    if soft:
        return "proceed_with_caution", "Safeguards are needed for %s." % _join(soft)
    stated = []
    if leverage is not None:
        stated.append("net leverage of %sx" % leverage)
    if growth is not None:
        stated.append("growth of %s%%" % growth)
    return "proceed", ("All disclosed figures are within policy limits, with %s." % _join(stated) if stated
                       else "All disclosed figures are within policy limits.")
