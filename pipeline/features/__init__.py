"""Feature tables: Ibis expressions in, an Ibis expression out."""
