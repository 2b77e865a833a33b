"""The plots of a night as plain values: a small table each, and in which way it is drawn.

Which kinds there are and what they say belongs here, a module per topic; how a kind looks stands in
templates/kinds.js, what its colours are in templates/report.css.
"""
