"""Choosing a rung's configuration on dev, never on held-out rows."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from statistics import mean
from typing import Any

from stepladder import console
from stepladder.answer_format import FormatRule
from stepladder.records import Row

from .metric import metrics
from .response import Response
from .rung import Ask, Material, Rung, Settings

Run = Callable[[Rung, Sequence[Row], Sequence[Ask]], list[Response]]


def tuned(
    rung: Rung, dev: Sequence[Row], material: Material, settings: Settings, rule: FormatRule | None, run: Run
) -> Rung:
    """The rung with the variant that scores best on dev; a tie goes to the first, which is the cheaper one.

    The metric is `checks` where the dev rows name facts, else chrF. Without dev rows, or with one variant, nothing is
    asked; `settings` of the result says what was tried and on how many rows, for the report.
    """
    variants = rung.prompting.variants(settings)
    if len(variants) < 2 or not dev:
        return replace(rung, prompting=variants[0], settings={"chosen": asdict(variants[0]), "dev_rows": 0})
    name = "checks" if all(metrics["checks"].function("", row, rule) is not None for row in dev) else "chrf"
    tried: list[dict[str, Any]] = []
    for variant in variants:
        candidate = replace(rung, prompting=variant)
        responses = run(candidate, dev, variant.ask([row.prompt for row in dev], material))
        scores = [metrics[name].function(r.output, row, rule) or 0.0 for r, row in zip(responses, dev, strict=True)]
        tried.append({"variant": asdict(variant), "score": mean(scores)})
    best = max(range(len(variants)), key=lambda i: (tried[i]["score"], -i))
    console.say(
        f"  {rung.name}: dev chose {tried[best]['variant']} ({name} {tried[best]['score']:.3g} on {len(dev)} rows)"
    )
    found = {"chosen": asdict(variants[best]), "dev_rows": len(dev), "metric": name, "tried": tried}
    return replace(rung, prompting=variants[best], settings=found)
