"""Interrupted training goes on where it stopped, to the same bits; broken and foreign checkpoints are not used."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from stepladder import rundir
from stepladder.config import Project
from stepladder.train import checkpoints, memory, watch
from stepladder.train.command import train

Curated = Callable[..., Path]
Make = Callable[..., Project]


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it, nothing is tidied up."""


def kill_at(monkeypatch: pytest.MonkeyPatch, step: int, *, how: Callable[[], None]) -> None:
    """Run `how` after the optimiser step `step`, once."""
    on_step_end = watch.Watch.on_step_end
    done: list[int] = []

    def then(self: Any, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        on_step_end(self, args, state, control, **kwargs)
        if state.global_step == step and not done:
            done.append(step)
            how()

    monkeypatch.setattr(watch.Watch, "on_step_end", then)


def die() -> None:
    raise Killed


def weights(directory: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = load_file(directory / "adapter_model.safetensors")
    return found


def record(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "training.json").read_text())
    return found


def assert_same(one: Path, other: Path) -> None:
    first, second = weights(one), weights(other)
    assert all(torch.equal(weight, second[name]) for name, weight in first.items())
    kept = [[{k: v for k, v in e.items() if k != "seconds"} for e in record(d)["log"]] for d in (one, other)]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("quantize", "memory_gb"), [("none", 64), ("nf4", 64), ("nf4", 1)]
)  # 1: the base stays in 4 bits
@pytest.mark.parametrize("step", [2, 4, 6])  # in the first epoch, in the second, at the end of the second
def test_a_killed_run_ends_with_the_bits_of_an_uninterrupted_one(
    curated: Curated,
    project: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    quantize: str,
    memory_gb: int,
    step: int,
) -> None:
    monkeypatch.setattr(memory, "total_memory", lambda on_gpu: memory_gb * 10**9)
    rows, given = str(curated()), project(train__quantize=quantize)
    train(rows, str(tmp_path / "whole"), method="sft", config=given)
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    kill_at(monkeypatch, step, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), method="sft", config=given)
    assert not (tmp_path / "killed" / "adapter_model.safetensors").exists()
    assert rundir.read_manifest(tmp_path / "killed")["complete"] is False
    train(rows, str(tmp_path / "killed"), method="sft", config=given)
    assert f"goes on from step {step - 1}" in capsys.readouterr().err
    assert_same(tmp_path / "whole", tmp_path / "killed")
    assert record(tmp_path / "killed")["settings"]["dequantised"]["value"] is (quantize == "nf4" and memory_gb > 1)
    names = sorted(p.name for p in (tmp_path / "killed" / "checkpoints").glob("checkpoint-*"))
    assert names == ["checkpoint-3", "checkpoint-6", "checkpoint-9"]


def test_dpo_resumes_to_the_same_bits(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, given = str(curated(preference=8)), project(train__dpo__epochs=2, train__epochs=1)
    train(rows, str(tmp_path / "sft"), method="sft", config=given)
    adapter = str(tmp_path / "sft")
    train(rows, str(tmp_path / "whole"), method="dpo", adapter=adapter, config=given)
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    kill_at(monkeypatch, 3, how=die)
    with pytest.raises(Killed):
        train(rows, str(tmp_path / "killed"), method="dpo", adapter=adapter, config=given)
    train(rows, str(tmp_path / "killed"), method="dpo", adapter=adapter, config=given)
    assert_same(tmp_path / "whole", tmp_path / "killed")


def test_ctrl_c_saves_first_and_the_next_run_goes_on(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = str(curated())
    train(rows, str(tmp_path / "whole"), method="sft", config=project())
    kill_at(monkeypatch, 4, how=lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(rows, str(tmp_path / "stopped"), method="sft", config=project())
    last = checkpoints.last(tmp_path / "stopped" / "checkpoints")
    assert last is not None
    assert last.name == "checkpoint-5"  # the signal came after step 4 was over, so step 5 was the running one
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    capsys.readouterr()
    train(rows, str(tmp_path / "stopped"), method="sft", config=project())
    assert "goes on from step 5" in capsys.readouterr().err
    assert_same(tmp_path / "whole", tmp_path / "stopped")
    assert [e["step"] for e in record(tmp_path / "stopped")["dev"]] == [0, 3, 6, 9]


def test_a_checkpoint_without_its_mark_is_ignored_and_removed(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = str(curated())
    train(rows, str(tmp_path / "whole"), method="sft", config=project())
    monkeypatch.setattr(watch, "SAVE_EVERY", 0.0)
    whole = checkpoints.complete

    def dies_while_saving(folder: Path, *, step: int, whole_epoch: bool) -> None:
        if step == 5:
            (folder / "checkpoint-5" / "optimizer.pt").write_bytes(b"half")
            raise Killed
        whole(folder, step=step, whole_epoch=whole_epoch)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "complete", dies_while_saving)
        with pytest.raises(Killed):
            train(rows, str(tmp_path / "killed"), method="sft", config=project())
    last = checkpoints.last(tmp_path / "killed" / "checkpoints")
    assert last is not None
    assert last.name == "checkpoint-4"
    train(rows, str(tmp_path / "killed"), method="sft", config=project())
    assert_same(tmp_path / "whole", tmp_path / "killed")


@pytest.mark.parametrize("change", ["configuration", "data"])
def test_checkpoints_of_another_run_are_not_used(
    curated: Curated,
    project: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    kill_at(monkeypatch, 4, how=die)
    with pytest.raises(Killed):
        train(str(curated()), str(out), method="sft", config=project())
    given = project(train__learning_rate=1e-3) if change == "configuration" else project()
    capsys.readouterr()
    train(str(curated(sft=16) if change == "data" else curated()), str(out), method="sft", config=given)
    said = capsys.readouterr().err
    assert "starts anew" in said
    assert change in said
    assert len(record(out)["log"]) == record(out)["steps"]


def test_only_epochs_and_the_newest_checkpoint_are_kept(tmp_path: Path) -> None:
    for step, epoch in ((1, False), (2, True), (3, False), (4, False)):
        (tmp_path / f"checkpoint-{step}").mkdir()
        checkpoints.complete(tmp_path, step=step, whole_epoch=epoch)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint-2", "checkpoint-4"]


SCRIPT = """
import sys
from stepladder.config import Project, overridden
from stepladder.train import watch
from stepladder.train.command import train

watch.SAVE_EVERY = 0.0
given = overridden(Project(model=sys.argv[1]), train__quantize="none", train__epochs=40)
train(sys.argv[2], sys.argv[3], method="sft", config=given)
"""


def test_kill_9_loses_at_most_the_running_step(
    curated: Curated, project: Make, tmp_path: Path, tiny_model: Path
) -> None:
    rows, out = str(curated()), tmp_path / "out"
    command = [sys.executable, "-P", "-c", SCRIPT, str(tiny_model), rows, str(out)]
    paths = os.pathsep.join(p for p in sys.path if p)
    running = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": paths}, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (last := checkpoints.last(out / "checkpoints")) or int(last.name.split("-")[1]) < 7:
        assert running.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until, "no checkpoint within a minute"
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    given = project(train__epochs=40)
    train(rows, str(out), method="sft", config=given)
    train(rows, str(tmp_path / "whole"), method="sft", config=given)
    assert_same(tmp_path / "whole", out)


def test_ctrl_c_in_the_last_step_keeps_the_whole_run(
    curated: Curated, project: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = str(curated())
    train(rows, str(tmp_path / "whole"), method="sft", config=project())
    kill_at(monkeypatch, 8, how=lambda: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        train(rows, str(tmp_path / "stopped"), method="sft", config=project())
    train(rows, str(tmp_path / "stopped"), method="sft", config=project())
    assert_same(tmp_path / "whole", tmp_path / "stopped")
    assert record(tmp_path / "whole")["best"] == record(tmp_path / "stopped")["best"]
