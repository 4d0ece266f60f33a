"""Defaults by size, rows and method; the user's values and TRL fields in their place."""

import json
from typing import Any

import pytest

from stepladder.config import Project, overridden
from stepladder.errors import UserError
from stepladder.train import settings
from stepladder.train.methods import arguments
from stepladder.train.settings import Facts, Setting, value


def facts(**given: Any) -> Facts:
    return Facts(
        **{"parameters": 135_000_000, "context": 8192, "rows": 400, "longest": 300, "on_gpu": False, "quick": False}
        | given
    )


def resolved(method: str = "sft", project: Project | None = None, **given: Any) -> settings.Settings:
    return settings.resolve(method, project or Project(), facts(**given))


@pytest.mark.parametrize(
    ("method", "parameters", "rate"),
    [
        ("sft", 135e6, 5e-4),
        ("sft", 0.5e9, 5e-4),
        ("raft", 135e6, 5e-4),
        ("sft", 3e9, 2e-4),
        ("sft", 8e9, 2e-4),
        ("sft", 70e9, 1e-4),
        ("dpo", 135e6, 2e-5),
        ("dpo", 8e9, 1e-5),
    ],
)
def test_the_learning_rate_follows_method_and_size(method: str, parameters: float, rate: float) -> None:
    assert value(resolved(method, parameters=int(parameters)), "learning_rate") == rate


@pytest.mark.parametrize(("rows", "epochs", "batch"), [(400, 3, 8), (134, 3, 8), (133, 3, 4), (20, 3, 4)])
def test_few_rows_get_a_smaller_batch(rows: int, epochs: int, batch: int) -> None:
    found = resolved(rows=rows)
    assert (value(found, "epochs"), value(found, "batch")) == (epochs, batch)


@pytest.mark.parametrize(
    ("method", "quick", "epochs"), [("sft", True, 2), ("dpo", True, 1), ("raft", True, 1), ("dpo", False, 2)]
)
def test_epochs(method: str, quick: bool, epochs: int) -> None:
    assert value(resolved(method, quick=quick), "epochs") == epochs


def test_what_the_user_sets_wins_and_says_so() -> None:
    project = overridden(Project(), train__learning_rate=1e-3, train__dpo__learning_rate=7e-6, train__lora__rank=4)
    found = resolved(project=project)
    assert found["learning_rate"] == Setting(1e-3, "project", "set")
    assert found["rank"].origin == "project"
    assert value(resolved("dpo", project), "learning_rate") == 7e-6


def test_max_length_is_never_above_the_models_context() -> None:
    assert value(resolved(), "max_length") == 8192
    assert value(resolved(project=overridden(Project(), train__max_length=512)), "max_length") == 512
    assert value(resolved(project=overridden(Project(), train__max_length=99999)), "max_length") == 8192


@pytest.mark.parametrize(("steps", "warmup"), [(39, 0), (40, 2), (100, 5), (400, 10)])
def test_a_warm_up_of_one_step_would_lose_that_step(steps: int, warmup: int) -> None:
    project = overridden(Project(), train__epochs=1, train__batch=4)
    assert value(resolved(project=project, rows=4 * steps), "warmup_steps") == warmup


@pytest.mark.parametrize("method", ["sft", "dpo", "raft"])
def test_every_setting_has_a_reason_and_can_be_stored(method: str) -> None:
    stored = settings.to_json(resolved(method))
    assert json.loads(json.dumps(stored)) == stored
    assert all(s["reason"] and s["from"] in ("rule", "project", "data", "machine") for s in stored.values())


def test_fields_of_trl_take_the_place_of_the_setting_of_the_same_meaning() -> None:
    before = resolved() | {"micro_batch": Setting(4, "machine", ""), "accumulation": Setting(2, "rule", "")}
    after = settings.with_given(before, {"learning_rate": 3e-4, "adam_beta2": 0.98, "per_device_train_batch_size": 2})
    assert after["learning_rate"].value == 3e-4
    assert after["args.adam_beta2"].value == 0.98
    assert after["batch"].value == 4


def test_args_go_to_the_methods_that_have_the_field() -> None:
    args = {"weight_decay": 0.1, "beta": 0.3, "dpo": {"loss_type": ["ipo"]}, "sft": {"adam_beta2": 0.98}}
    methods = ("sft", "dpo")
    assert arguments.for_method("sft", methods, args) == {"weight_decay": 0.1, "adam_beta2": 0.98}
    assert arguments.for_method("dpo", methods, args) == {"weight_decay": 0.1, "beta": 0.3, "loss_type": ["ipo"]}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"learning_rte": 1}, "Did you mean 'learning_rate'"),
        ({"beta": 0.3}, "is no field of TRL's config"),  # a DPO field, and only SFT is trained
        ({"max_length": 99}, "Use train.max_length"),
        ({"packing": True}, "would have no effect"),
        ({"sft": {"output_dir": "x"}}, "Use --out"),
        ({"save_steps": 5}, "Every epoch is saved"),
    ],
)
def test_a_field_that_would_be_ignored_is_refused(args: dict[str, Any], says: str) -> None:
    with pytest.raises(UserError, match=says):
        arguments.for_method("sft", ("sft",), args)


def test_label_smoothing_is_refused_with_a_loss_that_does_not_read_it() -> None:
    with pytest.raises(UserError, match="does nothing with the loss sigmoid"):
        arguments.for_method("dpo", ("dpo",), {"label_smoothing": 0.1})
    robust = {"label_smoothing": 0.1, "loss_type": ["robust"]}
    assert arguments.for_method("dpo", ("dpo",), robust) == robust


def test_what_trl_refuses_is_told_in_its_words() -> None:
    from trl import SFTConfig

    fields = {"output_dir": "x", "bf16": False, "use_cpu": True, "report_to": []}
    with pytest.raises(UserError, match="TRL refuses them"):
        arguments.config(SFTConfig, fields, {"lr_scheduler_type": "zigzag"})
