"""The report: one self-contained HTML page and its Markdown twin, made from files alone, without running anything again."""
