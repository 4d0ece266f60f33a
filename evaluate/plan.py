"""`stepladder evaluate --plan`: what the held-out rows can show, and how long asking them will take, before any is asked."""

import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from stepladder import console
from stepladder.records import Row

from .metric import Metric, metrics
from .responses import Responses
from .rung import Material, Rung, Settings
from .score import NLL, Primary, find
from .stats.power import certifiable_margin, rows_needed, smallest_visible

PROBE = 4
"""Rows that each rung answers for the estimate of time: dev rows, else training rows, never held-out ones."""
_SPREADS = {"binary": 0.5, "share": 0.35, "chrf": 12.0}
# sd of paired differences where none was measured: the cases of research/evaluation.md 2.7 (0.5: a quarter of the rows
# differ) and of its chrF example; the sample's own ladder has 0.26 on checks


def plan(
    rows: Sequence[Row], probe: Sequence[Row], rungs: Sequence[Rung], material: Material, primary: Primary, *,
    responses: Callable[[Path], Responses], settings: Settings, dev: int, batch: int, limit: int, earlier: Path | None,
) -> dict[str, Any]:  # fmt: skip
    """What n shows for every metric that applies, and seconds for every local rung. Nothing is kept.

    `earlier` is an evaluation directory whose measured spread is used for its primary metric. A rung's seconds are those
    an answer took among `PROBE` answers in one batch, times the rows, and times its variants on the `dev` rows; larger
    batches are faster, so it is an upper estimate. Endpoints are not asked: it would cost money.
    """
    names = [
        m
        for m in [*metrics, NLL.name]
        if m == NLL.name or any(metrics[m].function("", r, None) is not None for r in rows)
    ]
    shown = [
        _shows(find(n), len(rows), primary, _measured(earlier, n)) for n in dict.fromkeys([primary.metric.name, *names])
    ]
    with tempfile.TemporaryDirectory() as folder:
        asker = responses(Path(folder))
        times = [_time(r, probe[:PROBE], material, asker, settings, len(rows), dev, batch, limit) for r in rungs]
    total = sum(t["seconds"] or 0.0 for t in times)
    document = {"n": len(rows), "metrics": shown, "rungs": times, "seconds": round(total, 1)}
    _say(document, primary)
    return document


def _measured(earlier: Path | None, name: str) -> float | None:
    """The spread that an earlier evaluation found between its rungs, on this metric."""
    file = earlier / "results.json" if earlier else None
    if file is None or not file.is_file():
        return None
    results = json.loads(file.read_text(encoding="utf-8"))
    found = results["power"].get("sd_of_difference")
    return float(found) if found and results["primary"]["metric"] == name else None


def _shows(metric: Metric, n: int, primary: Primary, measured: float | None) -> dict[str, Any]:
    kind = "binary" if metric.binary else "share" if metric.unit.endswith("0 to 1") else metric.name
    sd = measured or _SPREADS.get(kind)
    margin = primary.margin if metric.name == primary.metric.name else metric.margin
    found: dict[str, Any] = {"metric": metric.name, "sd": sd, "sd_from": "measured" if measured else "assumed"}
    if sd is None or n < 2:
        return found | {"sd_from": "not known", "smallest_visible_difference": None}
    return found | {
        "smallest_visible_difference": round(smallest_visible(n, sd, alpha=primary.alpha), 4),
        "smallest_certifiable_margin": round(certifiable_margin(n, sd, alpha=primary.alpha), 4),
        "margin": margin,
        "rows_for_margin": rows_needed(sd, margin, alpha=primary.alpha),
    }


def _time(
    rung: Rung,
    probe: Sequence[Row],
    material: Material,
    responses: Responses,
    settings: Settings,
    n: int,
    dev: int,
    batch: int,
    limit: int,
) -> dict[str, Any]:
    if rung.endpoint or not probe:
        return {"name": rung.name, "seconds_per_answer": None, "answers": n, "seconds": None}
    variants = rung.prompting.variants(settings)
    asks = variants[-1].ask([row.prompt for row in probe], material)
    given = responses.ask(rung, probe, asks, batch=batch, limit=limit)
    per = mean(r.seconds for r in given)
    answers = n + (dev * len(variants) if len(variants) > 1 else 0)
    return {
        "name": rung.name,
        "seconds_per_answer": round(per, 4),
        "answers": answers,
        "seconds": round(per * answers, 1),
    }


def _say(document: dict[str, Any], primary: Primary) -> None:
    known = [m for m in document["metrics"] if m["smallest_visible_difference"] is not None]
    console.table(
        f"What {document['n']} held-out rows can show (power 80 %, alpha {primary.alpha:g})",
        ("metric", "sd of a difference", "smallest visible", "certifies", "margin", "rows for it"),
        [
            (m["metric"], f"{m['sd']:.3g} {m['sd_from']}", f"{m['smallest_visible_difference']:.3g}",
             f"{m['smallest_certifiable_margin']:.3g}", f"{m['margin']:.3g}", m["rows_for_margin"])
            for m in known
        ],
    )  # fmt: skip
    console.table(
        "What it takes here",
        ("rung", "answers", "s/answer", "time"),
        [
            (t["name"], t["answers"], "–" if t["seconds"] is None else f"{t['seconds_per_answer']:.2f}",
             "not asked" if t["seconds"] is None else console.duration(t["seconds"]))
            for t in document["rungs"]
        ],
    )  # fmt: skip
    console.say(
        f"\nAbout {console.duration(document['seconds'])} for the rungs, dev included; diagnostic rows, the noise floor and "
        "general questions come on top."
    )
