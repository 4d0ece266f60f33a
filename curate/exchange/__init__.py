"""A curated directory in the forms of other tools: pure functions from rows to files, and one command that writes them."""
