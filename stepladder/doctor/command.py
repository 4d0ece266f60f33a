"""`stepladder doctor`: look at everything, say it in one line each, and end with what can be done here."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from stepladder import console
from stepladder.doctor import machine, reach, software
from stepladder.doctor.can import can
from stepladder.doctor.check import Check
from stepladder.doctor.torch_checks import probed, torch_checks

_MARKS = {"ok": "[ok]", "note": "[! ]", "problem": "[xx]"}


def doctor() -> dict[str, Any]:
    """Look at this machine; returns {"ready", "checks", "can"}, and says the same. Nothing is downloaded or changed."""
    console.heading("What this machine can run")
    checks: list[Check] = []
    for check in _before_torch():
        checks.append(_told(check))
    room, free = machine.memory()
    found = probed()
    for check in (room, *torch_checks(found)):
        checks.append(_told(check))
    sentences = list(can(free, found.get("gpus", []), four_bit=found.get("four_bit", "unknown") is None))
    console.say("")
    for sentence in sentences:
        console.say(sentence)
    problems = sum(check.state == "problem" for check in checks)
    notes = sum(check.state == "note" for check in checks)
    console.say(_verdict(problems, notes))
    return {"ready": not problems, "checks": [dataclasses.asdict(check) for check in checks], "can": sentences}


def _before_torch() -> Iterator[Check]:
    yield software.python()
    yield from software.packages()
    yield machine.processor()
    yield machine.disk()
    yield software.browser()
    yield reach.default_model()
    yield reach.hub()


def _told(check: Check) -> Check:
    console.say(f"{_MARKS[check.state]} {check.name}: {check.says}")
    if check.todo:
        console.say(f"       fix: {check.todo}")
    return check


def _verdict(problems: int, notes: int) -> str:
    told = f"{notes} note{'s' * (notes != 1)}"
    if problems:
        return f"\nNot ready: {problems} problem{'s' * (problems != 1)}, {told}."
    return f"\nReady ({told})." if notes else "\nReady."
