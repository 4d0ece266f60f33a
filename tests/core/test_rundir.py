import json
from pathlib import Path

import pytest

from stepladder import rundir
from stepladder.errors import UserError


def test_a_directory_takes_its_place_only_when_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with rundir.replaced_directory(out, "curate") as fresh:
        (fresh / "a.txt").write_text("one")
        rundir.finish(fresh, stage="curate", inputs={}, config={}, seconds={})
        assert not out.exists()
    assert (out / "a.txt").read_text() == "one"

    def interrupted() -> None:
        with rundir.replaced_directory(out, "curate") as again:
            (again / "a.txt").write_text("two")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (out / "a.txt").read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("enter", [rundir.replaced_directory, rundir.working_directory])
def test_a_directory_of_someone_else_is_refused(tmp_path: Path, enter) -> None:
    (tmp_path / "holiday.jpg").write_text("x")

    def use() -> None:
        result = enter(tmp_path, "train")
        if enter is rundir.replaced_directory:
            with result:
                pass

    with pytest.raises(UserError, match="was not written by `stepladder train`"):
        use()
    assert (tmp_path / "holiday.jpg").exists()


def test_a_stage_is_current_only_with_the_same_inputs_config_and_a_finished_manifest(tmp_path: Path) -> None:
    directory = rundir.working_directory(tmp_path / "t", "train")
    known = {"stage": "train", "inputs": {"data": "1"}, "config": {"rank": 8}}
    assert not rundir.is_current(directory, **known)
    rundir.finish(directory, seconds={"all": 1.0}, **known)
    assert rundir.is_current(directory, **known)
    assert not rundir.is_current(directory, **{**known, "inputs": {"data": "2"}})
    assert not rundir.is_current(directory, **{**known, "config": {"rank": 16}})
    manifest = json.loads((directory / "manifest.json").read_text())
    (directory / "manifest.json").write_text(json.dumps({**manifest, "code": "0.0.0+older"}))
    assert not rundir.is_current(directory, **known)


def test_fingerprint_sees_names_and_bytes_but_not_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    file = tmp_path / "d" / "a.jsonl"
    file.write_text("1\n")
    first = rundir.fingerprint(tmp_path / "d")
    (tmp_path / "d" / ".hidden").write_text("x")
    assert rundir.fingerprint(tmp_path / "d") == first
    file.write_text("2\n")
    second = rundir.fingerprint(tmp_path / "d")
    file.rename(tmp_path / "d" / "b.jsonl")
    assert len({first, second, rundir.fingerprint(tmp_path / "d")}) == 3
