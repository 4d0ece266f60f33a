"""`stepladder export ADAPTER --to merged|gguf|hub`: written, loaded again, compared with the adapter, then kept."""

import time
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from stepladder import console, models, rundir
from stepladder.errors import UserError
from stepladder.hush import quiet_transformers
from stepladder.writing import write_json

from . import agreement, card, gguf_file, hub, merged, origin, probes
from .agreement import Agreement
from .gguf_file import Weights

TARGETS = ("merged", "gguf", "hub")
GGUF = "model.gguf"
RESULT = "export.json"


def export(
    directory: str,
    *,
    to: str,
    out: str | None = None,
    repo: str | None = None,
    public: bool = False,
    prompts: str | None = None,
    weights: Weights | None = None,
) -> dict[str, Any]:
    """Export an adapter or a whole model; returns what export.json holds.

    `out` (default: DIRECTORY-TO) is written only when the exported model, loaded again, answers as the adapter does on
    the rows of `prompts` (see `probes.choose`). `weights` is the number format of a GGUF file, f16 by default.

    Raises:
        UserError: no such target, an option of another target, a base that is not that of the training, or an exported
            model that differs from the adapter: the message says in what.
    """
    _check(to, {"--out": out, "--prompts": prompts}, {"--repo": repo, "--public": public or None}, weights)
    if to == "hub":
        return hub.push(Path(directory), repo, public=public)
    started = time.perf_counter()
    quiet_transformers()
    found = origin.find(Path(directory))
    asked, where = probes.choose(found.directory, prompts, _system(found.directory))
    target = Path(out or f"{Path(directory)}-{to}")
    console.heading(f"Export: {directory} to {to}")
    with rundir.replaced_directory(target, "export") as fresh:
        checks = _written(found, asked, fresh, to=to, weights=weights or "f16")
        for check, result in checks.items():
            _demand(result, target, check)
        document = {
            "to": to, "from": directory, "sha256": found.sha256, "base": found.base, "quantize": found.quantize,
            "prompts_from": where, "checks": {name: result.document for name, result in checks.items()},
            "files": {p.name: p.stat().st_size for p in sorted(fresh.iterdir())},
        }  # fmt: skip
        write_json(fresh / RESULT, document)
        card.write(fresh, found, document)
        seconds = {"export": time.perf_counter() - started}
        rundir.finish(fresh, stage="export", inputs={"model": found.sha256}, config={"to": to}, seconds=seconds)
    _show(target, document)
    return {"out": str(target), **document}


def _check(to: str, local: dict[str, Any], remote: dict[str, Any], weights: str | None) -> None:
    """Stop at an unknown target, and at an option that the target would not look at."""
    if to not in TARGETS:
        near = get_close_matches(to, TARGETS, n=1)
        todo = (
            f"Did you mean '{near[0]}'" if near else f"For an adapter take {', '.join(TARGETS[:-1])} or {TARGETS[-1]}"
        )
        raise UserError("--to", f"'{to}' is no target for an adapter", todo)
    unused = local if to == "hub" else remote
    if to != "gguf":
        unused = {**unused, "--weights": weights}
    for option, value in unused.items():
        if value is not None:
            raise UserError(option, f"is not used by --to {to}", "Leave it out")


def _system(directory: Path) -> str | None:
    """The system turn that training put before rows without one."""
    found: str | None = rundir.read_manifest(directory).get("config", {}).get("system")
    return found


def _written(
    found: origin.Origin, asked: list[probes.Probe], fresh: Path, *, to: str, weights: Weights
) -> dict[str, Agreement]:
    """Ask the adapter, write the model into `fresh`, load that and ask it the same; the comparison by who loaded it."""
    model, tokenizer = origin.load(found)
    if to == "gguf":
        gguf_file.check(model.config)
    end = models.end_ids(tokenizer, model)
    console.say(f"  asking {found.directory} {len(asked)} prompts")
    before = agreement.read(model, tokenizer, asked, end=end)
    whole = merged.merge(model)
    if to == "gguf":
        gguf_file.write(fresh / GGUF, whole, tokenizer, name=found.base, weights=weights)
    else:
        merged.write(fresh, whole, tokenizer, end=end, name=found.base)
    del model, whole
    console.say("  loading what was written, and asking it the same")
    again, its_tokenizer = gguf_file.load(fresh / GGUF) if to == "gguf" else merged.load(fresh)
    after = agreement.read(again, its_tokenizer, asked, along=before)
    allowed = gguf_file.ALLOWED[weights] if to == "gguf" else merged.ALLOWED
    return {"transformers": agreement.compare(before, after, tokenizer, allowed=allowed)}


def _demand(result: Agreement, target: Path, check: str) -> None:
    if result.faults:
        what = f"loaded again by {check}, the exported model is not the adapter's: {'; '.join(result.faults[:3])}"
        raise UserError(str(target), what, "Nothing was written; please report it with the model's name")


def _show(target: Path, document: dict[str, Any]) -> None:
    for check, found in document["checks"].items():
        loss = found["loss"]
        console.say(
            f"  loaded again by {check}: {found['same_answers']} of {found['prompts']} greedy answers the same, logits"
            f" within {found['largest_logit_difference']:.2g} nats"
            + (f", loss {loss['before']:.4f} before and {loss['after']:.4f} after" if loss else "")
        )
    size = sum(document["files"].values()) / 1e6
    console.say(f"  {size:.0f} MB in {target}; how to load it: {target / 'README.md'}")
