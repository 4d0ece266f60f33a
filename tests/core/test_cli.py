import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from stepladder import cli
from stepladder.errors import GateFailed, UserError


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "stepladder", *words]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)


def test_help_and_version_import_nothing_heavy() -> None:
    code = "import sys; from stepladder.cli import main; main(['--help']); print(sorted(m for m in sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    loaded = done.stdout[done.stdout.rindex("[") :]
    heavy = ("torch", "transformers", "datasets", "pandas", "numpy", "trl", "peft", "rich", "yaml", "scipy")
    assert not [m for m in heavy if f"'{m}'" in loaded]


@pytest.mark.parametrize("command", ["run", "init", "curate", "train", "evaluate", "report", "export", "doctor"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert f"example: stepladder {command}" in done.stdout
    assert "--json" in done.stdout


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UserError("a.jsonl:3", "is wrong", "Mend it"), 2, "a.jsonl:3: is wrong. Mend it."),
        (GateFailed("--fail-on empty", "2 rows", "Mend them"), 3, "2 rows"),
        (KeyboardInterrupt(), 130, "the same command carries on"),
        (OSError(errno.ENOSPC, "No space", "x.jsonl"), 2, "x.jsonl: the disk is full"),
        (FileExistsError(errno.EEXIST, "exists", "z"), 2, "z: a file stands where a directory is needed"),
        (PermissionError(errno.EACCES, "no", "y"), 2, "y: permission denied"),
        (ZeroDivisionError("oops"), 1, "a bug in Stepladder (ZeroDivisionError: oops)"),
    ],
)
def test_exit_codes_and_one_message(monkeypatch, capsys, tmp_path, error, code, says) -> None:
    def fails(options: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_call", fails)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert cli.main(["report", "somewhere", "--json"]) == code
    out, err = capsys.readouterr()
    assert says in err
    assert "Traceback" not in err
    assert json.loads(out)["exit_code"] == code
    assert len(list(tmp_path.iterdir())) == (code == 1)


def test_a_wrong_command_line_is_a_fault_of_the_user(capsys) -> None:
    assert cli.main(["curate", "--no-such-option"]) == 2
    assert "stepladder curate" in capsys.readouterr().err


def test_it_runs_as_a_module(tmp_path: Path) -> None:
    done = run("curate", str(tmp_path / "missing.jsonl"), "--out", str(tmp_path / "o"), "--json")
    assert done.returncode == 2
    assert "missing.jsonl" in json.loads(done.stdout)["error"]["where"]
    assert not (tmp_path / "o").exists()
