"""What keeps a warehouse small and tells what a run took: retention, and the measures of a run."""
