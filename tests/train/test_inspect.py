"""`stepladder inspect`: the figures are those of the full product, and any PEFT adapter can be read."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from stepladder import cli, models
from stepladder.errors import UserError
from stepladder.train.inspect import inspect
from stepladder.train.structure import frozen, measures, read, slices

CHROMIUM = Path("/usr/bin/chromium")
Made = Callable[..., Path]


@pytest.fixture
def made(tiny_model: Path, tmp_path: Path) -> Made:
    """A function that has PEFT save an adapter of the tiny model, its factors drawn at random: made(r=4, use_rslora=True)."""

    def make(*, zero: bool = False, **options: Any) -> Path:
        from peft import LoraConfig, get_peft_model
        from transformers import AutoModelForCausalLM

        chosen: dict[str, Any] = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", "task_type": "CAUSAL_LM"}
        model = get_peft_model(AutoModelForCausalLM.from_pretrained(tiny_model), LoraConfig(**(chosen | options)))
        torch.manual_seed(3)
        for name, parameter in model.named_parameters():
            if "lora_B" in name and not zero:
                parameter.data.normal_(std=0.02)
        model.save_pretrained(str(tmp_path / "adapter"))
        return tmp_path / "adapter"

    return make


def merged_change(directory: Path, base: Path, module: str) -> torch.Tensor:
    """What PEFT itself adds to a weight when it merges the adapter."""
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base)
    before = model.get_parameter(f"{module}.weight").detach().clone()
    adapted: Any = PeftModel.from_pretrained(model, str(directory))
    change: torch.Tensor = adapted.merge_and_unload().get_parameter(f"{module}.weight").detach() - before
    return change


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"use_rslora": True},
        {"rank_pattern": {"q_proj": 2}, "alpha_pattern": {"q_proj": 5, "layers.1.mlp.up_proj": 1}},
    ],
)
def test_norms_and_singular_values_are_those_of_what_peft_merges(
    options: dict[str, Any], made: Made, tiny_model: Path
) -> None:
    directory = made(**options)
    found = {module["module"]: module for module in inspect(str(directory))["modules"]}
    for name in ("model.layers.0.self_attn.q_proj", "model.layers.1.mlp.up_proj"):
        change = merged_change(directory, tiny_model, name)
        values = torch.linalg.svdvals(change)[: found[name]["rank"]]
        assert found[name]["singular_values"] == pytest.approx(values.tolist(), rel=1e-3)
        assert found[name]["norm"] == pytest.approx(float(change.norm()), rel=1e-3)
        weight = models.load_model(models.resolve(str(tiny_model)), "none").get_parameter(f"{name}.weight").detach()
        assert found[name]["relative_norm"] == pytest.approx(float(change.norm() / weight.norm()), rel=1e-3)


def test_effective_and_stable_rank_at_known_spectra() -> None:
    assert measures.effective_rank([2.0, 2.0, 2.0]) == pytest.approx(3)
    assert measures.effective_rank([5.0, 0.0]) == pytest.approx(1)
    assert measures.effective_rank([3.0, 1.0]) == pytest.approx(
        math.exp(-0.75 * math.log(0.75) - 0.25 * math.log(0.25))
    )
    assert measures.effective_rank([0.0, 0.0]) == 0
    assert measures.stable_rank([2.0, 2.0, 2.0]) == pytest.approx(3)
    assert measures.stable_rank([3.0, 1.0]) == pytest.approx(10 / 9)


def test_blocks_of_each_rank_are_those_of_the_truncated_matrix() -> None:
    torch.manual_seed(0)
    update = read.Update("m", 0, "m", torch.randn(3, 10), torch.randn(7, 3), 0.5)
    found = measures.decompose(update)
    norms = measures.block_norms(found, 4, [1, 3])
    u, s, vh = torch.linalg.svd(0.5 * update.b.double() @ update.a.double())
    for at, rank in enumerate((1, 3)):
        matrix = (u[:, :rank] * s[:rank]) @ vh[:rank]
        rows = torch.tensor_split(matrix, [2, 4, 6], dim=0)
        cells = [[float(cell.norm()) for cell in torch.tensor_split(row, [3, 6, 8], dim=1)] for row in rows]
        assert norms[at].tolist() == [pytest.approx(row) for row in cells]


def test_energy_and_parameters_add_up(made: Made) -> None:
    found = inspect(str(made()))
    assert sum(group["share_of_energy"] for group in found["by_layer"]) == pytest.approx(1, abs=1e-4)
    assert sum(group["parameters"] for group in found["by_kind"]) == found["parameters"] == 8_192
    assert [group["name"] for group in found["by_layer"]] == ["0", "1"]
    assert found["base"]["weights_found"] == 14


def test_an_adapter_that_was_never_trained_is_dead_everywhere(made: Made, tmp_path: Path) -> None:
    found = inspect(str(made(zero=True)), str(tmp_path / "page.html"))
    assert len(found["dead"]) == 14
    assert all(module["norm"] == 0 and module["effective_rank"] == 0 for module in found["modules"])
    assert "This adapter changes nothing" in (tmp_path / "page.html").read_text()


def test_one_module_without_an_update_is_named(made: Made) -> None:
    directory = made()
    file = directory / "adapter_model.safetensors"
    weights = load_file(file)
    name = next(name for name in weights if "layers.1.self_attn.k_proj.lora_B" in name)
    save_file(weights | {name: torch.zeros_like(weights[name])}, file)
    assert inspect(str(directory))["dead"] == ["model.layers.1.self_attn.k_proj"]


def test_dora_is_said_and_its_magnitudes_are_counted_apart(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    found = inspect(str(made(use_dora=True)))
    assert found["form"]["dora"] is True
    assert found["other_parameters"] == 2 * (64 + 32 + 32 + 64 + 128 + 128 + 64)
    assert "DoRA" in capsys.readouterr().err


def test_a_base_out_of_reach_leaves_the_comparison_out_and_says_so(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = made()
    file = directory / "adapter_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps(config | {"base_model_name_or_path": "nobody/nothing"}))
    found = inspect(str(directory))
    assert all(module["relative_norm"] is None for module in found["modules"])
    assert "nobody/nothing is not on this disk" in capsys.readouterr().err.replace("\n  ", " ")


def test_the_table_keeps_to_80_columns(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    inspect(str(made()))
    assert max(map(len, capsys.readouterr().err.splitlines())) <= 80


def test_the_page_holds_a_slice_for_every_rank_and_nothing_from_outside(made: Made, tmp_path: Path) -> None:
    inspect(str(made()), str(tmp_path / "page.html"))
    html = (tmp_path / "page.html").read_text()
    data = json.loads(html.split('id="row-data">')[1].split("</script>")[0])
    assert len(data["modules"]) == 14
    module = data["modules"][0]
    assert module["ranks"] == [1, 2, 3, 4]
    assert [len(cells) for cells in module["cells"]] == [256] * 4
    assert module["shares"] == sorted(module["shares"])
    assert module["shares"][-1] == 1
    assert "http" not in html.split("</head>")[1].split('id="row-data"')[0]


@pytest.mark.skipif(not CHROMIUM.exists(), reason=f"{CHROMIUM} is not there")
def test_the_matrix_follows_the_slider_at_both_widths(made: Made, tmp_path: Path) -> None:
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (extra: e2e)")
    file = tmp_path / "page.html"
    noise: list[str] = []
    inspect(str(made()), str(file))
    with driver.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"])
        for width in (390, 1280):
            tab = browser.new_context(viewport={"width": width, "height": 800}).new_page()
            tab.on("console", lambda message: noise.append(message.text))
            tab.on("pageerror", lambda error: noise.append(str(error)))
            tab.goto(file.as_uri())
            assert "rank 4 of 4: 100 %" in tab.text_content("#update .tally")
            whole = tab.evaluate("document.querySelector('.matrix').toDataURL()")
            tab.fill("#update-rank", "0")
            assert "rank 1 of 4" in tab.text_content("#update .tally")
            assert tab.evaluate("document.querySelector('.matrix').toDataURL()") != whole
            assert tab.locator(".values i.in").count() == 1
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert noise == []


def test_many_ranks_become_few_steps_that_end_at_the_last() -> None:
    assert slices.ranks_shown(3) == [1, 2, 3]
    steps = slices.ranks_shown(256)
    assert len(steps) <= 20
    assert (steps[0], steps[-1]) == (1, 256)


@pytest.mark.parametrize(
    ("module", "placed"),
    [
        ("model.layers.3.self_attn.q_proj", (3, "self_attn.q_proj")),
        ("transformer.h.11.attn.c_attn", (11, "attn.c_attn")),
        ("model.layers.0.mlp.experts.7.up_proj", (0, "mlp.experts.*.up_proj")),
        ("model.vision_tower.encoder.layers.2.fc1", (2, "vision_tower.fc1")),
        ("lm_head", (None, "lm_head")),
    ],
)
def test_modules_are_placed_by_block_and_name(module: str, placed: tuple[int | None, str]) -> None:
    assert read.placed(module) == placed


def test_what_is_no_lora_adapter_is_refused_with_a_reason(
    made: Made, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="there is no such directory"):
        inspect(str(tmp_path / "nothing"))
    (tmp_path / "empty").mkdir()
    assert cli.main(["inspect", str(tmp_path / "empty")]) == 2
    assert "holds no adapter_config.json" in capsys.readouterr().err
    directory = made()
    (directory / "adapter_model.safetensors").write_bytes(b"torn")
    with pytest.raises(UserError, match="cannot be read"):
        inspect(str(directory))
    (directory / "adapter_config.json").write_text('{"peft_type": "IA3"}')
    with pytest.raises(UserError, match="type IA3"):
        inspect(str(directory))


def test_the_hub_is_not_asked_for_a_base_that_nobody_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(models, "_from_hub", refuse)
    folder, said = frozen.folder_of("nobody/nothing", given=None)
    assert folder is None
    assert "--model" in said
