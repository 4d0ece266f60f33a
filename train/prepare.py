"""One training run made ready: rows as checked tokens, every setting, the run's identity. No weights are loaded."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from stepladder import models, rundir
from stepladder.config import Project, describe
from stepladder.records import Row
from stepladder.retrieval import load_documents, shows_passages
from stepladder.subset import subset

from . import adapter, batches, memory, settings, tree, whole
from .examples import Example, examples
from .methods import kto, pretrain, raft
from .quiet import quiet
from .settings import Facts, Settings
from .shape import Shape, measure
from .source import FlipRate, Source

if TYPE_CHECKING:
    from peft import LoraConfig
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_PACKAGES = ("torch", "transformers", "trl", "peft", "bitsandbytes", "processor")


@dataclass(frozen=True)
class Base:
    """The model that everything is trained on, without its weights."""

    ref: models.ModelRef
    tokenizer: "PreTrainedTokenizerBase"
    shape: Shape
    ends: frozenset[int]
    packs: bool
    on_gpu: bool


@dataclass(frozen=True)
class Run:
    """One adapter or model to train. `given`: the user's TRL fields; `inputs` and `config` say if a finished one is current."""

    method: str
    base: Base
    project: Project
    train: list[Example]
    dev: list[Example]
    settings: Settings
    given: dict[str, Any]
    inputs: dict[str, str]
    config: dict[str, Any]
    start: Path | None
    notes: dict[str, Any]

    @property
    def identity(self) -> dict[str, Any]:
        """What must be equal for a checkpoint to be this run's."""
        environment = rundir.environment()
        return {
            "method": self.method,
            "data": self.inputs,
            "configuration": self.config,
            "settings": {name: setting.value for name, setting in self.settings.items()},
            "code": rundir.code_version("train"),
            "packages": {name: environment.get(name) for name in _PACKAGES},
        }


def base_of(project: Project) -> Base:
    """Find the model and count it.

    Raises:
        UserError: no such model, or LoRA targets that it does not have.
    """
    import torch
    from transformers import AutoConfig, GenerationConfig

    quiet()
    ref = models.resolve(project.model)
    tokenizer = models.load_tokenizer(ref)
    config = AutoConfig.from_pretrained(str(ref.path))
    try:
        generation = GenerationConfig.from_pretrained(str(ref.path))
    except OSError:
        generation = GenerationConfig.from_model_config(config)
    ends = models.end_ids(tokenizer, cast("PreTrainedModel", SimpleNamespace(generation_config=generation)))
    shape = measure(ref, adapter.lora_config(project.train.lora))
    return Base(ref, tokenizer, shape, ends, tree.suits(config), torch.cuda.is_available())


def inputs_of(
    method: str, source: Source, ref: models.ModelRef, project: Project, start: Path | None
) -> dict[str, str]:
    """Fingerprints of everything that the adapter is made from."""
    inputs = {"rows": source.fingerprint, "model": ref.sha256}
    if start is not None:
        inputs["adapter"] = models.adapter_hash(start)
    if method == "dpo" and source.flip_rate and source.flip_rate.told:
        inputs["flip_rate"] = f"{source.flip_rate.share}"
    if method in ("raft", "pretrain") and project.knowledge:
        inputs["knowledge"] = rundir.fingerprint(Path(project.knowledge))
    return inputs


_READ_BY = {  # parts of the `train` section that not every method reads
    "dpo": {"dpo"},
    "passages": {"raft"},
    "kto": {"kto"},
    "reward": {"reward"},
    "pretrain": {"pretrain"},
    "quantize": {"sft", "dpo", "kto", "reward", "raft", "pretrain"},
    "lora": {"sft", "dpo", "kto", "reward", "raft", "pretrain"},
}


def config_of(method: str, project: Project, quick: bool) -> dict[str, Any]:
    """The part of the project that this method depends on, so that a change elsewhere trains nothing anew."""
    train = describe(project.train)
    del train["method"]
    for name, methods in _READ_BY.items():
        if method not in methods:
            del train[name]
    config = {"method": method, "model": project.model, "seed": project.seed, "system": project.system, "train": train}
    if method == "raft":
        config["embedder"] = project.evaluate.embedder
    if quick:
        config["quick"] = describe(project.quick)
    return config


def prepare(
    method: str,
    source: Source,
    base: Base,
    project: Project,
    *,
    quick: bool,
    given: dict[str, Any],
    inputs: dict[str, str],
    start: Path | None,
) -> Run:
    """Choose the rows, render and check them, and settle every setting.

    Raises:
        UserError: rows that cannot be trained on as they are.
    """
    if start is not None:
        base = _continuing(base, project, start)
    elif whole.wanted(method, project):
        base = replace(base, shape=measure(base.ref, None))
    elif method in ("pretrain", "reward"):
        base = replace(base, shape=measure(base.ref, lora_of(method, project)))
    train, dev = _chosen(method, source, project) if quick else (list(source.train), list(source.dev))
    notes: dict[str, Any] = {}
    if method == "raft":
        train, dev, notes = _with_passages(train, dev, project)
    limit = min(project.train.max_length or base.shape.context, base.shape.context)
    if method == "pretrain":
        learnt, notes = _text(base, project)
    else:
        learnt = examples(base.tokenizer, train, ends=base.ends, limit=limit)
    asked = examples(base.tokenizer, dev, ends=base.ends, limit=limit)
    if method == "reward":
        learnt, asked = ([replace(example, scored=True) for example in found] for found in (learnt, asked))
    if method == "kto":
        kto.check(learnt, project.train.batch, given)
    longest = max((e.length for e in [*learnt, *asked]), default=0)
    found = _settled(method, learnt, longest, base, project, quick, source.flip_rate)
    if start is not None:
        found |= settings.of_adapter(adapter.config_of(start))
    found = settings.with_given(found, given)
    config = config_of(method, project, quick)
    return Run(method, base, project, learnt, asked, found, given, inputs, config, start, notes)


def _continuing(base: Base, project: Project, start: Path) -> Base:
    """The base with the size of the adapter that is trained further, once that fits the base."""
    template = models.template_hash(base.tokenizer)
    quantize = project.train.quantize
    adapter.check_origin(start, base_sha256=base.ref.sha256, quantize=quantize, template_sha256=template)
    return replace(base, shape=measure(base.ref, adapter.config_of(start)))


def _settled(
    method: str,
    rows: Sequence[Example],
    longest: int,
    base: Base,
    project: Project,
    quick: bool,
    flip_rate: FlipRate | None,
) -> Settings:
    facts = Facts(
        parameters=base.shape.parameters,
        context=base.shape.context,
        rows=len(rows),
        longest=longest,
        on_gpu=base.on_gpu,
        quick=quick,
        liked=sum(e.label is True for e in rows),
        whole=base.shape.whole,
        flip_rate=flip_rate,
    )
    found = settings.resolve(method, project, facts)
    room = memory.total_memory(base.on_gpu)
    return found | batches.resolve(found, base.shape, rows, on_gpu=base.on_gpu, memory=room, packs=base.packs)


def _chosen(method: str, source: Source, project: Project) -> tuple[list[Row], list[Row]]:
    """The rows of the quick form: none that came with passages, which are several times as long as the others."""
    sizes = {
        "dpo": project.quick.preference,
        "kto": project.quick.preference,
        "reward": project.quick.preference,
        "raft": project.quick.raft,
    }
    train, dev = ([row for row in rows if not shows_passages(row.prompt)] for rows in (source.train, source.dev))
    return subset(train, sizes.get(method, project.quick.train), seed=project.seed), subset(
        dev, project.quick.dev, seed=project.seed
    )


def lora_of(method: str, project: Project) -> "LoraConfig":
    """The adapter that the method trains: the project's, for pretrain of its own rank, for reward below one output."""
    wanted, rank = project.train.lora, project.train.pretrain.rank
    if method == "pretrain":
        wanted = replace(wanted, rank=rank, alpha=2 * rank)
    return adapter.lora_config(wanted, task="SEQ_CLS" if method == "reward" else "CAUSAL_LM")


def _text(base: Base, project: Project) -> tuple[list[Example], dict[str, Any]]:
    assert project.knowledge is not None  # choice.py lets pretrain through only with documents
    documents = load_documents(Path(project.knowledge))
    found = pretrain.blocks(base.tokenizer, documents, length=min(project.train.pretrain.block, base.shape.context))
    return found, {"documents": len(documents), "dev_loss_of": "the answers of the sft dev rows"}


def _with_passages(
    train: Sequence[Row], dev: Sequence[Row], project: Project
) -> tuple[list[Row], list[Row], dict[str, Any]]:
    assert project.knowledge is not None  # choice.py lets raft through only with documents
    index = raft.retriever(project.knowledge, project.evaluate.embedder)
    how = {"passages": project.train.passages, "seed": project.seed}
    learnt = raft.show(train, index, gold_share=settings.GOLD_SHARE, **how)
    asked = raft.show(dev, index, gold_share=1.0, **how)
    notes = {
        "retriever": index.fingerprint,
        "rows_with_right_document": learnt.gold,
        "rows_naming_no_document": learnt.unknown,
        "rows_that_came_with_passages": learnt.given,
    }
    return learnt.rows, asked.rows, notes


def unpacked(run: Run) -> Run:
    """The same run with padded rows, for a model that takes no tree."""
    found = dict(run.settings)
    found["packed"] = replace(found["packed"], value=False, reason="this model gives other results with packed rows")
    return replace(run, settings=found)
