"""Suspicion rules, findings and the page of a night."""
