"""Below the first screen: rows, slices, what curation did, training curves, method, limits."""

import json
from collections import Counter
from collections.abc import Sequence

from stepladder.pages import Column, Markup, Section, code, element, empty, explorer, facts, more, row_cards, table
from stepladder.pages.charts import Bar, Series, Slice, bars, forest, lines
from stepladder.pages.numerals import number, seconds

from ..stats.intervals import student
from .gather import Json, Run


def row_data(run: Run) -> Json:
    """What the explorer shows: every held-out row with the answer of every rung."""
    names = [r["name"] for r in run.rungs]
    rows = []
    for identity, first in run.outputs[names[0]].items():
        zero = run.outputs.get("zero_shot", run.outputs[names[0]])[identity]
        rows.append({
            "id": identity, "slice": first.get("slice", ""),
            "prompt": zero["prompt"][-1]["content"], "reference": first["reference"],
            "outputs": {name: _answer(run.outputs[name][identity], run.primary) for name in names},
        })  # fmt: skip
    return {"rungs": names, "primary": run.primary, "chosen": run.chosen or run.best, "rows": rows}


def _answer(line: Json, primary: str) -> Json:
    kept = {k: line[k] for k in ("output", "metrics", "status", "tokens_in", "tokens_out", "seconds")}
    shown = {"score": line["metrics"].get(primary)}
    if line.get("retrieved"):
        shown["retrieved"] = [hit["id"] for hit in line["retrieved"]]
    return {**kept, **shown}


def rows_section(run: Run, data: Json) -> Section:
    """The explorer, and for paper the rows on which the rungs differ most."""
    spread = {row["id"]: _spread([a["score"] for a in row["outputs"].values()]) for row in data["rows"]}
    widest = sorted(spread, key=lambda i: (-spread[i], i))[:12]
    body = [explorer(len(data["rows"])), row_cards(data, widest, title="The rows on which the rungs differ most")]
    return Section(
        "rows", "Rows", body, "Every held-out row with the answer of every rung; rows where rungs differ come first."
    )


def _spread(scores: Sequence[float | None]) -> float:
    known = [s for s in scores if s is not None]
    return max(known) - min(known) if known else 0.0


def slices_section(run: Run) -> Section:
    """Per slice: the chosen rung against zero-shot, and the table of means."""
    one, two = run.chosen or run.best, "zero_shot" if "zero_shot" in run.outputs else run.rungs[0]["name"]
    if one == two:
        one = run.best if run.best != two else run.rungs[-1]["name"]
    groups: dict[str, list[float]] = {}
    for identity, line in run.outputs[one].items():
        pair = line["metrics"].get(run.primary), run.outputs[two][identity]["metrics"].get(run.primary)
        if pair[0] is not None and pair[1] is not None:
            groups.setdefault(line.get("slice") or "all", []).append(pair[0] - pair[1])
    found = []
    for name, values in sorted(groups.items()):
        i = student(values)
        found.append(Slice(name, i.mean, i.low, i.high, i.n))
    gains = [s for s in found if s.mean is not None and s.mean > 0]
    finding = f"{one} is ahead of {two} in {len(gains)} of {len(found)} slices"
    chart = forest(found, finding=finding, axis=f"difference in {run.primary}, {one} − {two}", better=(two, one))
    return Section(
        "slices",
        "Slices",
        [chart, _slice_table(run)],
        "Where the difference comes from; slices of few rows only suggest.",
    )


def _slice_table(run: Run) -> Markup:
    names = [r["name"] for r in run.rungs]
    heads: list[Column | str] = ["Slice", Column("n", True), *(Column(n, True) for n in names)]
    rows = [[s, str(v["n"]), *(number(v["mean"][n]) for n in names)] for s, v in run.results["slices"].items()]
    return table(f"Table 2. Mean {run.primary} by slice", heads, rows)


def metrics_section(run: Run) -> Section:
    """Every metric of every rung: descriptive, only the primary one decides."""
    names = list(dict.fromkeys(m for r in run.rungs for m in r["metrics"]))
    rows = [[r["name"], *(_metric(r["metrics"].get(m)) for m in names)] for r in run.rungs]
    heads: list[Column | str] = ["Rung", *(Column(m, True) for m in names)]
    body: list[Markup] = [table("Table 3. All metrics: mean (95 % interval)", heads, rows)]
    if run.results["retrieval"]:
        keys = sorted({k for v in run.results["retrieval"].values() for k in v})
        rows = [[rung, *(number(v.get(k)) for k in keys)] for rung, v in run.results["retrieval"].items()]
        body.append(
            table(
                "Table 4. Retrieval, on rows that name their documents",
                ["Rung", *(Column(k, True) for k in keys)],
                rows,
            )
        )
    return Section("metrics", "Metrics", body, "The primary metric decides; the others describe.")


def _metric(found: Json | None) -> str:
    if not found:
        return "–"
    limits = "" if found["low"] is None else f" ({number(found['low'])} to {number(found['high'])})"
    return number(found["mean"]) + limits


def curation_section(run: Run) -> Section:
    """What curation did with every input row, and why."""
    if not run.ledger:
        body: list[Markup] = [empty("This directory holds no curation.", "stepladder curate DATA --out curate")]
        return Section("data", "Data", body)
    verdicts = Counter(line["verdict"] for line in run.ledger)
    reasons = Counter((r["code"], r["action"]) for line in run.ledger for r in line["reasons"])
    tones = {"drop": "worse", "review": "chosen"}
    chart = bars(
        [Bar(code_, n, action, tones.get(action, "plain")) for (code_, action), n in reasons.most_common(24)],  # type: ignore[arg-type]
        finding=f"{verdicts['drop']} of {len(run.ledger)} rows were dropped, {verdicts['review']} held for review, "
        f"{verdicts['fixed']} repaired",
    )
    counts = [(name.capitalize(), str(verdicts[name])) for name in ("keep", "fixed", "review", "drop")]
    splits = Counter(line.get("split") for line in run.ledger if line.get("split"))
    counts += [(f"Split: {name}", str(n)) for name, n in sorted(splits.items())]
    examples = [line for line in run.ledger if line["verdict"] in ("drop", "review")][:20]
    rows = [[f"{e['source']['file']}:{e['source']['line']}", e["verdict"], _reasons(e)] for e in examples]
    body = [
        chart,
        facts(counts),
        table("Table 5. Rows dropped or held (the first 20; ledger.jsonl has all)", ["Row", "Verdict", "Why"], rows),
    ]
    return Section("data", "Data", body, "Every input row has one line in the ledger, with its verdict and reasons.")


def _reasons(line: Json) -> str:
    return "; ".join(f"{r['code']}: {r['detail']}" for r in line["reasons"])


def training_section(run: Run) -> Section:
    """Loss curves of each trained rung, and its settings."""
    if not run.trainings:
        return Section("training", "Training", [empty("Nothing was trained.", "stepladder train CURATED --out train")])
    body: list[Markup] = []
    for name, training in run.trainings.items():
        log, dev = training.get("log", []), training.get("dev", [])
        series = [Series("train", [(e["step"], e["loss"]) for e in log if "loss" in e])]
        series += [Series("dev", [(e["step"], e["loss"]) for e in dev if "loss" in e])] if dev else []
        took = seconds(training.get("seconds_total"))
        finding = f"{name}: {training.get('steps', len(log))} steps in {took}"
        body.append(lines(series, finding=finding, x_axis="step", y_axis="loss"))
        settings = [
            [k, _short(v.get("value")), v.get("from", ""), v.get("reason", "")]
            for k, v in training.get("settings", {}).items()
        ]
        body.append(
            more(f"Settings of {name}", table(f"Settings of {name}", ["Setting", "Value", "From", "Reason"], settings))
        )
    return Section(
        "training", "Training", body, "Every epoch's checkpoint is kept; the one with the best dev loss is evaluated."
    )


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "…"


def method_section(run: Run) -> Section:
    """How to get these numbers again, and the rule behind the verdict."""
    results = run.results
    primary, manifest = results["primary"], results["manifest"]
    noise = results["noise_floor"]
    floor = "not measured" if not noise else (
        f"{noise['different_outputs']} of {noise['n']} answers differ when the base is asked again in other batches; "
        f"mean absolute difference {number(noise['mean_absolute_difference'], 3)} in {noise['metric']}"
    )  # fmt: skip
    pairs = [
        ("Rule", results["verdict"]["rule"]),
        (
            "Primary metric",
            f"{primary['metric']} ({primary['unit']}); margin {primary['margin']:g}, alpha {primary['alpha']:g}; "
            f"{primary['reason']}",
        ),
        ("Noise floor", floor),
        ("Held-out fingerprint", results["heldout"]["fingerprint"]),
        ("Code", manifest["code"]),
        ("Versions", ", ".join(f"{k} {v}" for k, v in manifest["environment"].items())),
    ]  # fmt: skip
    prompts = [
        more(
            f"The first prompt of {name}, as messages",
            code(_turns(next(iter(lines_.values()))["prompt"]), name="prompt"),
        )
        for name, lines_ in run.outputs.items()
    ]
    config = more(
        "Configuration", code(json.dumps(manifest["config"], indent=1, ensure_ascii=False), name="configuration")
    )
    return Section(
        "method",
        "Method",
        [code(run.command), facts(pairs), config, *prompts],
        "What it takes to get these numbers again.",
    )


def _turns(prompt: Sequence[Json]) -> str:
    return "\n\n".join(f"<{m['role']}>\n{m['content']}" for m in prompt)


def limits_section(run: Run) -> Section:
    """What this report cannot show."""
    n = run.results["heldout"]["n"]
    least = number(run.results["power"].get("smallest_visible_difference"))
    said = [
        f"{n} held-out rows: differences under {least} cannot be seen here.",
        "One seed a trained rung: another seed of the same recipe can differ by more than these intervals say.",
        "Times are those of the machine named under Method, at the batch size of Table 1.",
        "Answers are compared by checks and text overlap; nobody read them for tone or usefulness.",
    ]
    if run.results["heldout"].get("quick"):
        said.insert(0, "Quick form: a subset of rows, few epochs, no tuning on dev.")
    return Section("limits", "Limits", element("ul", None, *[element("li", None, s) for s in said]))
