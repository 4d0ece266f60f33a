"""Statistics of a ladder as pure functions on arrays: intervals, paired tests, multiplicity, power."""
