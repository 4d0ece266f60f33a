"""`stepladder inspect`: the structure of any LoRA adapter, at the terminal and as one page."""

from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError
from stepladder.writing import write_text


def inspect(adapter: str, out: str | None = None, *, model: str | None = None) -> dict[str, Any]:
    """Measure the update of every adapted module; returns what `--json` prints.

    `out` is an HTML file to write; `model` the base, where it is not the one on this disk that the adapter names.

    Raises:
        UserError: `adapter` is no LoRA adapter, `model` is no model, or `out` is a directory.
    """
    from .structure import document, frozen, measures, page, read, show

    if out is not None and Path(out).is_dir():
        raise UserError(out, "is a directory, but --out names an HTML file", "Name a file: --out adapter.html")
    found = read.read(Path(adapter))
    folder, said = frozen.folder_of(found.config.get("base_model_name_or_path"), given=model)
    names = [update.module for update in found.updates]
    norms = frozen.norms(folder, names) if folder else {}
    if folder and not norms:
        said = f"{said} has no floating-point weights of the adapted modules' names"
    decomposed = {}
    with console.track("singular values", len(names), unit="modules") as advance:
        for update in found.updates:
            decomposed[update.module] = measures.decompose(update)
            advance()
    result = document.describe(found, decomposed, norms, said)
    show.show(result)
    if out is not None:
        write_text(Path(out), page.page_of(result, decomposed))
        console.say(f"\nThe page: {out}")
    return result
