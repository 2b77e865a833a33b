"""How a connection went, in words that mean the same for all devices.

Devices have words of their own: Zeek's conn_state, Suricata's flow state, Argus' flags of both sides, Cisco's reasons.
"""

import ibis

UNKNOWN, OTHER = "unknown", "other"
UNANSWERED, REFUSED = "unanswered", "refused"
# tried in this order, on the word in lower case
OUTCOMES = (
    (UNANSWERED, r"^(s0|sh|rstos0|new|req|int|syn timeout|[a-z]*_)$"),
    (REFUSED, r"^(rej|s[a-z]*_ra?|refused|reject)$"),
    ("reset", r"^(rst.*|tcp reset.*|[a-z]*r[a-z]*_[a-z]*|[a-z]*_[a-z]*r[a-z]*)$"),
    ("answered", r"^(sf|s[123]|closed|established|con|fin|acc|tcp fins|[a-z]*a[a-z]*_[a-z]*a[a-z]*)$"),
)


def outcome(state: ibis.Value) -> ibis.Value:
    """answered, reset, refused, unanswered; `other` for words that nobody knows, `unknown` where there is none."""
    word = state.lower()
    named = [(word.re_search(pattern), name) for name, pattern in OUTCOMES]
    return ibis.cases((state.isnull(), UNKNOWN), *named, else_=OTHER)


def failed(state: ibis.Value) -> ibis.Value:
    """Whether nobody took the connection; null where the device says nothing."""
    return state.isnull().ifelse(None, outcome(state).isin((UNANSWERED, REFUSED)))
