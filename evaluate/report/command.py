"""`stepladder report`: the run as one HTML file that needs no network, as Markdown, and as PDF where a browser is here."""

from pathlib import Path

from stepladder import __version__, console
from stepladder.pages import page
from stepladder.pages.pdf import print_pdf
from stepladder.writing import write_text

from . import details
from .diagnosis import diagnosis_section
from .first_screen import first_screen
from .gather import Run, gather
from .markdown import markdown


def report(directory: str, *, out: str | None = None, pdf: bool = False) -> dict[str, str]:
    """Write the HTML file (default DIR/report.html), the Markdown one beside it and, if asked, the PDF; returns the paths.

    Raises:
        UserError: DIR holds no evaluation, or no browser is here to print the PDF.
    """
    run = gather(Path(directory))
    target = Path(out) if out else Path(directory) / "report.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, html(run))
    write_text(target.with_suffix(".md"), markdown(run))
    console.say(f"Report: {target}")
    written = {"html": str(target), "markdown": str(target.with_suffix(".md"))}
    if pdf:
        print_pdf(target, target.with_suffix(".pdf"))
        written["pdf"] = str(target.with_suffix(".pdf"))
        console.say(f"PDF: {written['pdf']}")
    return written


def html(run: Run) -> str:
    """The whole page."""
    data = details.row_data(run)
    sections = [
        details.rows_section(run, data),
        details.slices_section(run),
        details.metrics_section(run),
        diagnosis_section(run),
        details.curation_section(run),
        details.training_section(run),
        details.method_section(run),
        details.limits_section(run),
    ]
    subtitle = f"{run.results['heldout']['fingerprint'][:8]} · stepladder {__version__}"
    footer = "Made by Stepladder. This file contains your prompts and outputs."
    return page(run.name, sections, data, intro=first_screen(run), subtitle=subtitle, footer=footer)
