"""Every setting of a training run: its value, where it came from, and why. Shown by --plan, kept in training.json."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stepladder.config import LoraConfig, PretrainConfig, Project

from .source import FlipRate

Settings = dict[str, "Setting"]
GOLD_SHARE = 0.8  # raft: share of rows that see the right document (RAFT, arXiv 2403.10131, section 3)
_FEWEST_UPDATES = 50  # below this many optimiser steps the batch is halved

_FIELDS = {  # TRL's name -> the setting's
    "learning_rate": "learning_rate",
    "num_train_epochs": "epochs",
    "lr_scheduler_type": "schedule",
    "warmup_steps": "warmup_steps",
    "weight_decay": "weight_decay",
    "max_grad_norm": "max_grad_norm",
    "per_device_train_batch_size": "micro_batch",
    "gradient_accumulation_steps": "accumulation",
    "gradient_checkpointing": "activation_checkpointing",
    "beta": "beta",
    "loss_type": "preference_loss",
    "label_smoothing": "label_smoothing",
    "desirable_weight": "desirable_weight",
    "undesirable_weight": "undesirable_weight",
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value; `origin` is `rule` (chosen here), `project` (file or command line), `data` or `machine`."""

    value: Any
    origin: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """As it stands in training.json."""
        return {"value": self.value, "from": self.origin, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Facts:
    """What settings depend on: the model's size and context, the rows, the machine, the form of the run."""

    parameters: int
    context: int
    rows: int
    longest: int
    on_gpu: bool
    quick: bool
    liked: int = 0
    """Of unpaired rows: how many have the label true."""
    whole: bool = False
    """Every weight is trained, and no adapter."""
    flip_rate: FlipRate | None = None
    """Of the pairs, where curation estimated it."""


def resolve(method: str, project: Project, facts: Facts) -> Settings:
    """Every setting but those of memory, which `batches.resolve` adds once the model's shape is known."""
    trained = _whole() if facts.whole else _adapter(project)
    settings = {**trained, **_schedule(method, project, facts), **_fixed(project, facts)}
    if method == "dpo":
        settings |= _preference(project) | _noise(facts.flip_rate)
    if method == "kto":
        settings |= _thumbs(project, facts)
    if method == "reward":
        settings |= _score()
    if method == "raft":
        settings |= _passages(project)
    if method == "pretrain":
        settings |= _text(project, facts)
    return settings


def of_adapter(config: Any) -> Settings:
    """The LoRA settings of an adapter that is trained further; those of the project have no say in them."""
    names = {"rank": "r", "alpha": "lora_alpha", "dropout": "lora_dropout", "rslora": "use_rslora", "dora": "use_dora"}
    found = {
        name: Setting(getattr(config, theirs), "data", "of the adapter that is continued")
        for name, theirs in names.items()
    }
    targets = config.target_modules
    shown = targets if isinstance(targets, str) else ", ".join(sorted(targets))
    return found | {"targets": Setting(shown, "data", "of the adapter that is continued")}


def with_given(settings: Settings, given: Mapping[str, Any]) -> Settings:
    """The settings with the user's TRL fields (`train.args`) in their place, or beside them as `args.FIELD`."""
    found = dict(settings)
    for field, given_value in given.items():
        name = _FIELDS.get(field, f"args.{field}")
        found[name] = Setting(given_value, "project", f"train.args.{field}, straight to TRL")
    if "loss_type" in given and "label_smoothing" in settings and "label_smoothing" not in given:
        found["label_smoothing"] = Setting(0.0, "project", "not set beside train.args.loss_type")
    if {"per_device_train_batch_size", "gradient_accumulation_steps"} & set(given):
        both = value(found, "micro_batch") * value(found, "accumulation")
        found["batch"] = Setting(both, "project", "micro_batch times accumulation")
    return found


def value(settings: Settings, name: str) -> Any:
    """The value of a setting."""
    return settings[name].value


def _adapter(project: Project) -> Settings:
    lora, default = project.train.lora, LoraConfig()
    reasons = {
        "rank": "a few hundred rows fill no more; 16 ends within 1 % of 128 at 4 to 9 B (Tinker)",
        "alpha": "twice the rank: the update counts alpha / rank = 2 times, as in TRL, LLaMA-Factory and torchtune",
        "dropout": "0.05 in QLoRA and TRL",
        "targets": "all linear layers of the blocks: attention alone is worse at equal size (QLoRA section 4)",
        "rslora": "off: at rank 16 it only multiplies the step by four, which is the learning rate's work",
        "dora": "off: 1 to 2 % once learning rates are tuned (arXiv 2602.04998), and slower",
    }
    made: Settings = {
        "quantize": Setting(
            project.train.quantize,
            "project" if project.train.quantize != "nf4" else "rule",
            {
                "nf4": "4-bit base with double quantisation (QLoRA): less memory, some loss in quality",
                "none": "the base as it is: no quantisation error, more memory",
            }[project.train.quantize],
        )
    }
    made["adapter_precision"] = Setting(
        "float32", "rule", "small steps vanish in bfloat16, to which TRL would cast (QLoRA)"
    )
    for name, reason in reasons.items():
        given = getattr(lora, name)
        made[name] = (
            Setting(given, "project", "set") if given != getattr(default, name) else Setting(given, "rule", reason)
        )
    return made


def _whole() -> Settings:
    """What is trained in full fine-tuning; `train.quantize` and `train.lora` have no say in it."""
    return {
        "quantize": Setting("none", "rule", "4-bit weights cannot be trained; only an adapter on them can"),
        "weight_precision": Setting(
            "float32", "rule", "a step of 1e-5 is lost in bfloat16's 8 bits; on a GPU autocast computes in bfloat16"
        ),
    }


def _schedule(method: str, project: Project, facts: Facts) -> Settings:
    own: dict[str, Any] = {
        "dpo": project.train.dpo,
        "kto": project.train.kto,
        "reward": project.train.reward,
        "pretrain": project.train.pretrain,
    }
    section = own.get(method, project.train)
    rate = _chosen(section.learning_rate, *_rate(method, facts))
    few, why = _epochs(method, facts.quick)
    ruled = section.epochs is None or (facts.quick and few < section.epochs)  # the quick form never takes longer
    epochs = _chosen(None if ruled else section.epochs, few, why)
    batch = _chosen(project.train.batch, *_batch(facts.rows, epochs.value))
    steps = -(-facts.rows // batch.value) * epochs.value
    return {
        "learning_rate": rate,
        "epochs": epochs,
        "batch": batch,
        "schedule": Setting("cosine", "rule", "falls to 0, so that the last epoch settles (LLaMA-Factory)"),
        "warmup_steps": _warmup(steps),
    }


def _warmup(steps: int) -> Setting:
    """A warm-up starts at a rate of 0, so one of a single step would only lose that step."""
    warmup = min(10, steps // 20)
    if warmup < 2:
        return Setting(0, "rule", f"{steps} steps are too few to spend any: a warm-up's first step moves nothing")
    return Setting(warmup, "rule", "5 % of the steps, at most 10: Adam's first steps are blind")


def _chosen(given: Any, otherwise: Any, reason: str) -> Setting:
    return Setting(otherwise, "rule", reason) if given is None else Setting(given, "project", "set")


def _rate(method: str, facts: Facts) -> tuple[float, str]:
    if method == "pretrain":
        return _text_rate(facts.whole)
    if method == "dpo":
        return _dpo_rate(facts.parameters)
    if method == "reward":
        return 1e-4, "TRL's default for reward models, as in its LoRA example; full fine-tuning takes a tenth"
    if method == "kto":
        return _dpo_rate(facts.parameters)[0], "as for dpo: TRL's own 1e-6 is for full fine-tuning"
    return (_full_rate if facts.whole else _sft_rate)(facts.parameters)


def _text_rate(whole: bool) -> tuple[float, str]:
    if whole:
        return 1e-5, "what is published for full fine-tuning: a higher one unlearns answering (research/training.md)"
    return 1e-4, "a fifth to a half of what suits answers: it is less forgotten (Biderman et al., arXiv 2405.09673)"


def _sft_rate(parameters: int) -> tuple[float, str]:
    if parameters <= 0.5e9:
        return 5e-4, "up to 0.5 B: dev loss 3.31 against 3.59 at 2e-4 (research/foundation.md section 10)"
    if parameters <= 14e9:
        return (
            2e-4,
            "0.5 to 14 B at alpha / rank = 2: QLoRA and TRL's LoRA guide; TRL's own 2e-5 is for full fine-tuning",
        )
    return 1e-4, "above 14 B: QLoRA's 33 and 65 B runs"


def _full_rate(parameters: int) -> tuple[float, str]:
    """A tenth of LoRA's (LoRA Without Regret, 2025), and what is published for full fine-tuning."""
    if parameters <= 0.5e9:
        return 5e-5, "up to 0.5 B: a tenth of the rate that suits LoRA (LoRA Without Regret)"
    if parameters <= 1e9:
        return 2e-5, "0.5 to 1 B: TRL's default, which is meant for full fine-tuning"
    if parameters <= 8e9:
        return 1e-5, "1 to 8 B: ms-swift, PEFT's full baseline and LIMA"
    return 5e-6, "above 8 B: half of what suits 1 to 8 B"


def _dpo_rate(parameters: int) -> tuple[float, str]:
    if parameters <= 4e9:
        return (
            2e-5,
            "up to 4 B with a few hundred pairs: 5e-6 suits 60,000 pairs, TRL's own 1e-6 is for full fine-tuning",
        )
    return 1e-5, "above 4 B with a few hundred pairs (VideoAlign's advice for 5,000 pairs)"


def _epochs(method: str, quick: bool) -> tuple[int, str]:
    if quick:
        few = 1 if method in ("dpo", "kto", "reward", "raft", "pretrain") else 2
        return few, f"quick form: {few} instead of {_epochs(method, False)[0]}"
    if method == "pretrain":
        return 4, "up to 4 passes over the same text are worth about as much as new text (arXiv 2305.16264)"
    if method in ("kto", "reward"):
        return 2, "as for dpo; each epoch is kept and dev loss chooses"
    if method == "dpo":
        return 2, "DPO overfits pairs sooner than SFT overfits rows; each epoch is kept and dev loss chooses"
    return 3, "each epoch is kept and dev loss chooses; QLoRA and LLaMA-Factory use 3"


def _batch(rows: int, epochs: int) -> tuple[int, str]:
    if rows * epochs / 8 >= _FEWEST_UPDATES:
        return 8, "a few hundred rows then give steps enough; LLaMA-Factory and LitGPT use 8"
    return 4, f"8 would give fewer than {_FEWEST_UPDATES} updates with {rows} rows and {epochs} epochs"


def _fixed(project: Project, facts: Facts) -> Settings:
    given = project.train.max_length
    limit = min(given or facts.context, facts.context)
    why = f"the longest row has {facts.longest:,} tokens; nothing is cut, a longer row is an error"
    compute = "bfloat16" if facts.on_gpu else "float32"
    return {
        "max_length": Setting(limit, "project" if given else "data", why),
        "weight_decay": Setting(
            0.0, "rule", "TRL's default: a few epochs at a small rate keep weights near their start"
        ),
        "max_grad_norm": Setting(1.0, "rule", "TRL's default"),
        "precision": Setting(
            compute, "machine", "bfloat16 on a GPU; float32 on a CPU, where bfloat16 is emulated on most"
        ),
        "loss": Setting("completion only", "rule", "prompts are given, not learnt; the end token is trained"),
        "seed": Setting(project.seed, "project", "of the adapter's start, row order and dropout"),
    }


def _preference(project: Project) -> Settings:
    beta = project.train.dpo.beta
    return {
        "beta": Setting(beta, "project", "set")
        if beta != 0.1
        else Setting(beta, "rule", "0.1 in TRL, LLaMA-Factory and Tinker"),
        "reference": Setting(
            "the SFT adapter", "rule", "not the bare base: its log-probs are computed once, before the first step"
        ),
    }


def _thumbs(project: Project, facts: Facts) -> Settings:
    """KTO's terms. Ethayarajh et al. 2024 (arXiv 2402.01306): `weight x count` of liked answers should be 1 to 4/3 times
    that of the others; where it is not, the rarer of the two are weighed up to 1 : 1.
    """
    liked, disliked = facts.liked, facts.rows - facts.liked
    fair = disliked <= liked <= 4 / 3 * disliked
    why = f"{liked} answers liked, {disliked} not: " + (
        "between 1 : 1 and 4 : 3, as the KTO paper asks"
        if fair
        else "the rarer count as much as the others (KTO paper)"
    )
    up = 1.0 if fair else round(max(1.0, disliked / liked), 4)
    down = 1.0 if fair else round(max(1.0, liked / disliked), 4)
    return {
        "beta": Setting(project.train.kto.beta, _origin(project.train.kto.beta, 0.1), "0.1 in TRL and the KTO paper"),
        "desirable_weight": Setting(up, "data", why),
        "undesirable_weight": Setting(down, "data", why),
        "reference": Setting(
            "the start", "rule", "the SFT adapter where there is one, else the base: its log-probs are computed once"
        ),
        "order": Setting(
            "fixed", "rule", "drawn once by the seed: KTO's KL term pairs each prompt with a fixed answer"
        ),
    }


def _score() -> Settings:
    return {
        "score": Setting(
            "one output, in float32",
            "rule",
            "fresh and trained beside the adapter, at the answer's last token but padding",
        ),
        "loss": Setting("the difference of two scores", "rule", "Bradley and Terry's model, as in InstructGPT"),
    }


def _noise(rate: FlipRate | None) -> Settings:
    """The loss for pairs some of which are the wrong way round: Chowdhury et al. 2024 (arXiv 2403.00409), TRL's `robust`.

    TRL's default loss does not read `label_smoothing`.
    """
    if rate is None or not rate.told:
        between = f", {rate.low:.0%} to {rate.high:.0%}," if rate else ""
        why = f"the flip rate of the pairs{between} may be 0" if rate else "nothing is known of flipped pairs"
        return {
            "preference_loss": Setting("sigmoid", "rule", f"the loss of the DPO paper: {why}"),
            "label_smoothing": Setting(0.0, "rule", why),
        }
    why = f"curation estimates that {rate.share:.0%} of the pairs ({rate.low:.0%} to {rate.high:.0%}) are flipped"
    return {
        "preference_loss": Setting("robust", "data", f"{why}, and this loss allows for it (arXiv 2403.00409)"),
        "label_smoothing": Setting(rate.share, "data", f"{why} (summary.json)"),
    }


def _text(project: Project, facts: Facts) -> Settings:
    given, default = project.train.pretrain, PretrainConfig()
    adapter = {
        "rank": Setting(given.rank, _origin(given.rank, default.rank), "text fills more than answers do"),
        "alpha": Setting(2 * given.rank, "rule", "twice the rank, as for the other adapters"),
    }
    return ({} if facts.whole else adapter) | {
        "block": Setting(
            min(given.block, facts.context),
            _origin(given.block, default.block),
            "documents stand one behind the other, an end token after each, cut into blocks of this many tokens",
        ),
        "loss": Setting("every token", "rule", "the text itself is learnt"),
    }


def _origin(given: Any, default: Any) -> str:
    return "rule" if given == default else "project"


def _passages(project: Project) -> Settings:
    count = project.train.passages
    return {
        "passages": Setting(count, "project" if count != 2 else "rule", "passages shown with each question"),
        "gold_share": Setting(
            GOLD_SHARE, "rule", "share of rows that see the right document; the others learn to do without (RAFT)"
        ),
        "embedder": Setting(
            project.evaluate.embedder, "project", "the retriever of evaluation, so that training sees its mistakes"
        ),
    }


def to_json(settings: Mapping[str, Setting]) -> dict[str, Any]:
    """All settings as they stand in training.json."""
    return {name: setting.to_json() for name, setting in settings.items()}
