"""GPU and 4-bit weights, from what the probe in its own process says."""

import json
import subprocess
import sys
from typing import Any

from stepladder.doctor.check import Check
from stepladder.doctor.machine import GIB

_PATIENCE = 180  # seconds; importing torch takes up to a minute on a machine that is busy


def probed() -> dict[str, Any]:
    """What the probe printed, or {"broken": its last words}."""
    command = [sys.executable, "-P", "-m", "stepladder.doctor.probe"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return {"broken": f"no answer in {_PATIENCE} s"}
    try:
        found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return {"broken": (done.stderr.strip().splitlines() or [f"it ended with exit code {done.returncode}"])[-1]}
    return found


def torch_checks(found: dict[str, Any]) -> list[Check]:
    """A line for torch that does not start, else one for the GPUs and one for 4-bit weights."""
    if "broken" in found:
        todo = "pip install --force-reinstall torch bitsandbytes"
        return [Check("torch", "problem", f"does not run here: {found['broken']}", todo)]
    return [_gpu(found), _four_bit(found)]


def _gpu(found: dict[str, Any]) -> Check:
    if not found["gpus"]:
        build = f"built for CUDA {found['cuda']}" if found["cuda"] else "a build for processors only"
        return Check(
            "GPU", "note", f"none that torch {found['torch']} ({build}) can use; everything runs on the processor"
        )
    told = [
        f"{gpu['name']}, {gpu['bytes'] / GIB:.1f} GiB{'' if gpu['bf16'] else ', without bfloat16'}"
        for gpu in found["gpus"]
    ]
    state = "ok" if all(gpu["bf16"] for gpu in found["gpus"]) else "note"
    return Check("GPU", state, f"{'; '.join(told)} (CUDA {found['cuda']})")  # type: ignore[arg-type]  # one of the two


def _four_bit(found: dict[str, Any]) -> Check:
    where = "on the GPU" if found["gpus"] else "on the processor"
    if found["four_bit"] is None:
        return Check("4-bit weights", "ok", f"a layer was computed {where}, forward and back")
    todo = "pip install --upgrade bitsandbytes, or set train.quantize: none"
    return Check("4-bit weights", "problem", f"do not work {where}: {found['four_bit']}", todo)
