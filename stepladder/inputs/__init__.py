"""Bytes in: where the data files are, and every row of them with its line; what a row means is not known here."""
