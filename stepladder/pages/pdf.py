"""A page as PDF, printed by the Chromium or Chrome that is on this machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from stepladder.errors import UserError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SECONDS = 120


def browser() -> str | None:
    """The path of a Chromium or Chrome, or None."""
    return next(filter(None, map(shutil.which, _BROWSERS)), None)


def print_pdf(page: Path, pdf: Path) -> None:
    """Print the HTML file as A4 pages, by its own print style; the PDF appears whole or not at all.

    Raises:
        UserError: there is no browser here, or it wrote nothing.
    """
    path = browser()
    if path is None:
        raise UserError("--pdf", "needs Chromium or Chrome, and none is here", f"Install one, or print {page} yourself")
    with tempfile.TemporaryDirectory(dir=pdf.parent, prefix=f".{pdf.name}.") as folder:
        made = Path(folder) / "page.pdf"
        # Its sandbox needs rights that root in a container does not have; the page is ours and loads nothing.
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [path, "--headless", "--disable-gpu", *sandbox, f"--user-data-dir={folder}/profile"]
        command += ["--no-pdf-header-footer", f"--print-to-pdf={made}", page.resolve().as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise UserError(path, f"printed nothing in {_SECONDS} seconds", f"Print {page} yourself") from error
        if not made.is_file():
            said = (done.stderr.strip().splitlines() or ["without a word"])[-1]
            raise UserError(path, f"printed nothing ({said})", f"Print {page} yourself")
        made.replace(pdf)
