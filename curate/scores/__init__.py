"""Scores that rank rows for a person's eye: of the text alone, by the model that will be trained, and by a judge."""
