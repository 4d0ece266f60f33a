"""The first screen: the verdict in words, the ladder with its intervals, quality against cost, and the table of rungs."""

from stepladder.pages import Column, Markup, columns, notice, table, verdict
from stepladder.pages.charts import Rung, cost_quality, interval_ladder
from stepladder.pages.numerals import interval, number, seconds, signed
from stepladder.pages.parts import Outcome

from .gather import Json, Run


def first_screen(run: Run) -> list[Markup]:
    """What a manager reads; the table below the charts is what an engineer starts from."""
    return [_verdict(run), *_notices(run), columns(_ladder(run), _cost(run)), rung_table(run)]


def _verdict(run: Run) -> Markup:
    results, found = run.results, run.results["verdict"]
    n = results["heldout"]["n"]
    outcome: Outcome = "enough" if found["rung"] else "none" if n < 30 or len(run.rungs) < 2 else "undecided"
    headline, _, rest = found["sentence"].partition(": " if found["rung"] else ". ")
    power = results["power"]
    detail = [rest[:1].upper() + rest[1:]]
    if "smallest_visible_difference" in power:
        detail.append(
            f" The smallest difference that {n} rows could show here is {number(power['smallest_visible_difference'])}; "
            f"the smallest margin they could certify is {number(power['smallest_certifiable_margin'])}."
        )
    config = results["manifest"]["config"]
    base = f"{config['model']} · {config['train']['quantize']}"
    above = f"{n} held-out rows · {base} · look {results['heldout']['looks']} · seed {config['seed']}"
    return verdict(outcome, headline.rstrip("."), detail, above=above)


def _notices(run: Run) -> list[Markup]:
    said = []
    if run.results["heldout"].get("quick"):
        said.append(
            notice("Quick form: a small part of the rows was trained on and evaluated, and nothing was tuned on dev. "
                   "Good for seeing how it works; run without --quick before deciding anything.")
        )  # fmt: skip
    looks = run.results["heldout"]["looks"]
    if looks > 1:
        real = run.results["heldout"]["alpha_after_looks"]
        said.append(
            notice(
                f"Look {looks} at this held-out set: a false 'enough' is now likelier than stated (about {real:.2f})."
            )
        )
    silent, up = run.results["empty_answer"], run.results["primary"]["higher_is_better"]
    low = [r["name"] for r in run.rungs if silent is not None and _reaches(r["metrics"][run.primary], silent, up)]
    if low:
        said.append(
            notice(
                f"Not shown to be better than saying nothing (an empty answer scores {number(silent)}): {', '.join(low)}."
            )
        )
    failed = [f"{r['name']}: {r['errors']} of {r['n']}" for r in run.rungs if r["errors"]]
    if failed:
        said.append(notice(f"Rows in error, scored as 0: {'; '.join(failed)}."))
    return said


def _reaches(found: Json, silent: float, higher_is_better: bool) -> bool:
    """Whether a rung's interval holds what an empty answer would score, or lies on its wrong side."""
    limit = found["low"] if higher_is_better else found["high"]
    return limit is None or (limit <= silent if higher_is_better else limit >= silent)


def chart_rungs(run: Run, cost: str) -> list[Rung]:
    """The rungs as the charts draw them; `cost` is the key of the cost that the x axis shows."""
    drawn = []
    for rung in run.rungs:
        m = rung["metrics"][run.primary]
        price = rung["cost"][cost]
        drawn.append(Rung(rung["name"], m["mean"], m["low"], m["high"], m["n"], rung["label"], rung["errors"], price))
    return drawn


def _ladder(run: Run) -> Markup:
    margin = run.results["primary"]["margin"]
    around = run.chosen or run.best
    worse = sum(r["label"] == "worse" for r in run.rungs)
    finding = (
        f"{worse} of {len(run.rungs)} rungs are shown to be worse than another"
        if worse
        else "No rung is shown to be worse"
    )
    return interval_ladder(
        chart_rungs(run, "seconds_per_answer"),
        finding=finding,
        axis=f"{run.primary} (mean)",
        chosen=run.chosen,
        margin=margin,
        around=around,
        line=(0.0, "zero") if run.results["empty_answer"] is None else (run.results["empty_answer"], "empty answer"),
    )


def _cost(run: Run) -> Markup:
    priced = all(r["cost"]["money_per_1000"] is not None for r in run.rungs)
    key, axis, currency = (
        ("money_per_1000", "cost of 1,000 answers", "$") if priced else ("seconds_per_answer", "seconds an answer", "")
    )
    if priced:
        currency = {"USD": "$", "EUR": "€", "GBP": "£"}.get(run.rungs[0]["cost"]["currency"], "")
    cheap, dear = min(run.rungs, key=lambda r: r["cost"][key]), run.best
    finding = f"From {cheap['name']}, the fastest, to {dear}, the best"
    note = None if priced else "The time on this machine stands in for money: give evaluate.prices for your own."
    return cost_quality(
        chart_rungs(run, key),
        finding=finding,
        axis=run.primary,
        chosen=run.chosen,
        currency=currency,
        cost_axis=axis,
        note=note,
    )


def rung_table(run: Run) -> Markup:
    """Table 1: every rung with its interval, the paired difference to the rung before it, and what it costs."""
    right = [Column(c, True) for c in (
        run.primary, "95 % interval", "n / failed", "vs rung before", "its interval", "win–tie–loss", "tokens in / out",
        "s an answer", "p50 / p95", "trained for", "stops by itself",
    )]  # fmt: skip
    rows = []
    for place, rung in reversed(list(enumerate(run.rungs))):  # the order of the chart: the costliest on top
        m, cost, latency = rung["metrics"][run.primary], rung["cost"], rung["latency"]
        pair = _against(run, rung["name"], run.rungs[place - 1]["name"]) if place else None
        rows.append([
            rung["name"], number(m["mean"]), interval(m["low"], m["high"]), f"{m['n']} / {rung['errors']}",
            signed(pair["difference"]) if pair else "–", interval(pair["low"], pair["high"]) if pair else "–",
            f"{pair['wins']}–{pair['ties']}–{pair['losses']}" if pair else "–",
            f"{cost['tokens_in']:.0f} / {cost['tokens_out']:.0f}", number(cost["seconds_per_answer"]),
            f"{number(latency['p50'], 1)} / {number(latency['p95'], 1)} s",
            seconds(cost["train_seconds"]) if cost["train_seconds"] else "–",
            f"{100 * rung['stop_rate']:.0f} %", rung["label"],
        ])  # fmt: skip
    marked = [i for i, r in enumerate(reversed(run.rungs)) if r["name"] == run.chosen]
    seeds = (
        " One seed a trained rung: the intervals are over rows alone." if any(r["adapter"] for r in run.rungs) else ""
    )
    n = run.results["heldout"]["n"]
    return table(
        f"Table 1. All rungs on the same {n} rows; differences are paired. "
        f"Latency at batch {max(r['latency']['batch'] for r in run.rungs)}, of endpoints a request.{seeds}",
        ["Rung", *right, "Verdict"], rows, marked=marked,
    )  # fmt: skip


def _against(run: Run, name: str, other: str) -> Json | None:
    """The pair name - other, whichever way round it is stored."""
    for pair in run.results["pairs"]:
        if (pair["a"], pair["b"]) == (name, other):
            return dict(pair)
        if (pair["a"], pair["b"]) == (other, name):
            low, high = pair["low"], pair["high"]
            turned = {
                "difference": -pair["difference"],
                "low": None if high is None else -high,
                "high": None if low is None else -low,
            }
            return {**pair, **turned, "wins": pair["losses"], "losses": pair["wins"]}
    return None
