"""Bytes in: where the data files are, what is in them, and every row of them with its line. Knows nothing of what a row means."""
