"""The sections of the project file: every key with its meaning, unit and the reason of its default.

Import them from stepladder.config.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from stepladder.value_rules import JsonSchema, LocalPath, Matches, PassThrough, Range, Regex, Steps

Share = Annotated[float, Range(0, 1)]
Count = Annotated[int, Range(1)]
Price = Annotated[float, Range(0)]
Rate = Annotated[float, Range(0, 1, above=True)]
FilePath = Annotated[str, LocalPath()]
FileOrName = Annotated[str, LocalPath(or_name=True)]
_URL = Matches(r"https?://\S+", "is not a web address", "Write http://... or https://..., up to and including /v1")
_VARIABLE = Matches(
    r"[A-Za-z_][A-Za-z0-9_]*",
    "is not the name of a variable",
    "Name the variable that holds the key, never the key itself",
)
_METHODS = Steps(alone=("auto", "none"), parts=("sft", "dpo", "raft", "kto", "reward", "full", "pretrain"))


@dataclass(frozen=True)
class FormatConfig:
    """The rule that answers must follow; what is not set is not checked. See answer_format.py."""

    max_sentences: Count | None = None
    """Most sentences in the answer part, which ends before the first of `lines`. Unset: any number."""
    lines: tuple[Annotated[str, Regex()], ...] = ()
    """Closing lines, in this order: each regex must match one whole line. Empty: none is asked for."""
    regex: Annotated[str, Regex()] | None = None
    """Regex that the whole text must match, outer whitespace aside."""
    json_schema: Annotated[dict[str, Any], JsonSchema()] | None = None
    """The text must be one JSON value that this schema accepts, and nothing else."""
    except_when: dict[str, Any] = field(default_factory=dict)
    """Rows whose metadata have all of these values (a list: any one of them) are not judged by this rule."""
    otherwise: "FormatConfig | None" = None
    """The rule for those rows. Unset: they are not judged."""

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """Rules that judge nothing, and an `otherwise` that no row reaches."""
        if not (self.max_sentences or self.lines or self.regex is not None or self.json_schema is not None):
            yield "max_sentences", "is not set, nor is any other rule", "Set max_sentences, lines, regex or json_schema"
        if self.otherwise and not self.except_when:
            yield "otherwise", "is never used without except_when", "Add `except_when: {COLUMN: VALUE}`"


@dataclass(frozen=True)
class PatternConfig:
    """A check of your own: what is done about a row in which a regular expression finds something."""

    regex: Annotated[str, Regex()]
    """Regex of Python's `re`, searched for anywhere; `(?i)` in front ignores case."""
    where: Literal["prompt", "answer"] = "answer"
    """Looked at: the turns of the prompt but the system's, or what the assistant says in the response to learn from."""
    action: Literal["drop", "review", "note"] = "review"
    """What is done about it. Review: a pattern is right most of the time, and a row of 500 is scarce."""
    detail: str | None = None
    """What a person reads in the ledger. Unset: the regex itself."""


@dataclass(frozen=True)
class JudgeConfig:
    """Who rates responses: a model behind an OpenAI-compatible API, or a local reward model."""

    model: FileOrName
    """Name that the API knows; without `base_url`, folder or hub id of a sequence classifier with one output."""
    base_url: Annotated[str, _URL] | None = None
    """Address of the API, up to and including /v1. Unset: `model` runs here."""
    api_key_env: Annotated[str, _VARIABLE] | None = None
    """Environment variable that holds the key; the key itself never stands in a file. Unset: no key is sent."""

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """A key that nobody is sent."""
        if self.api_key_env and not self.base_url:
            yield "api_key_env", "is never used without base_url", "Add `base_url: https://.../v1`"


@dataclass(frozen=True)
class CurateConfig:
    """How rows are split, compared and repaired."""

    dev: Annotated[float, Range(0, 1, below=True)] = 0.1
    """Share of rows for early stopping and every choice: 50 of 500 (research/evaluation.md section 4)."""
    heldout: Annotated[float, Range(0, 1, below=True)] = 0.2
    """Share of rows that only `evaluate` reads: 100 of 500. Without effect when a held-out file is given."""
    group_by: tuple[str, ...] = ()
    """Columns whose equal values stay in one split, such as customer or source document. Empty: duplicates alone do."""
    near: Share = 0.8
    """Jaccard similarity from which two texts are near-duplicates: word 5-grams at 0.8, as in wana."""
    leak: Share = 0.8
    """Similarity from which a training row leaks a held-out one: as `near`, so that one certificate holds for both."""
    max_length: Count | None = None
    """Longest row in tokens, template included. Unset: what the model can take."""
    review: Literal["hold", "keep"] = "hold"
    """What happens to doubtful rows: held out of training until someone decides, the safe side, or trained on."""
    embedder: FileOrName = "auto"
    """Compares rows by meaning: `minilm`, a folder or a hub id; `none`: by their words. `auto`: minilm with a model."""
    keep: Count | None = None
    """Training rows to keep, of all types together: the best and most different. Unset: all that are sound."""
    scores: Literal["none", "model"] = "none"
    """`model`: also the losses of the responses under the model. None: three forward passes a row take minutes on a CPU."""
    judge: JudgeConfig | None = None
    """Rates every response. Unset: nobody is asked."""
    actions: dict[str, str] = field(default_factory=dict)
    """Reason code -> action, where another one than the code's default is wanted."""
    checks: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Reason code -> options of its check, where other ones than the defaults are wanted."""
    patterns: dict[str, PatternConfig] = field(default_factory=dict)
    """Reason code of your own -> the regular expression that is its check."""
    benchmarks: tuple[FilePath, ...] = ()
    """Files of benchmarks that the model will be measured by: rows that give one of their items away are found."""

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """Splits that leave nothing to train on."""
        both = self.dev + self.heldout
        if both >= 1:
            yield "heldout", f"and dev together are {both:g}, which leaves no training rows", "Lower one of them"


@dataclass(frozen=True)
class LoraConfig:
    """The adapter. Sources: research/training.md section 3."""

    rank: Count = 16
    """Rank of the update. 16 ends within 0.1 to 0.8 % of 128 at 4 to 9 B (Tinker), at an eighth of the size."""
    alpha: Count = 32
    """Scale; the update counts alpha / rank times. Twice the rank, as in TRL, LLaMA-Factory and torchtune."""
    dropout: Annotated[float, Range(0, 1, below=True)] = 0.05
    """Share of adapter inputs dropped in training. QLoRA and TRL use 0.05."""
    targets: str = "all-linear"
    """`all-linear`, or a regex over module names. Attention alone is worse at equal size (LoRA Without Regret)."""
    rslora: bool = False
    """Scale by alpha / sqrt(rank). Off: at rank 16 that is a step four times as large, which learning_rate can do."""
    dora: bool = False
    """Learn magnitude and direction apart. Off: 1 to 2 % once learning rates are tuned, and slower."""


@dataclass(frozen=True)
class DpoConfig:
    """Preference training after SFT. What is unset is chosen by `train` and explained by `--plan`."""

    beta: Annotated[float, Range(0, above=True)] = 0.1
    """How strongly the policy is held to the reference. 0.1 in TRL, LLaMA-Factory and Tinker."""
    epochs: Count | None = None
    """Passes over the pairs. Unset: chosen by `train`."""
    learning_rate: Rate | None = None
    """Peak step size. Unset: chosen by `train`, since TRL's 1e-6 is meant for full fine-tuning."""


@dataclass(frozen=True)
class KtoConfig:
    """Training on single answers that were liked or not. What is unset is chosen by `train`, explained by `--plan`."""

    beta: Annotated[float, Range(0, above=True)] = 0.1
    """How strongly the policy is held to the reference. 0.1 in TRL and in most runs of the KTO paper."""
    epochs: Count | None = None
    """Passes over the answers. Unset: chosen by `train`."""
    learning_rate: Rate | None = None
    """Peak step size. Unset: chosen by `train`, since TRL's 1e-6 is meant for full fine-tuning."""


@dataclass(frozen=True)
class PretrainConfig:
    """Continued pre-training on the knowledge folder. No study tells what a few megabytes of text do: measure it."""

    weights: Literal["adapter", "all"] = "adapter"
    """What is trained. An adapter forgets less of what the model knew (Biderman et al., arXiv 2405.09673)."""
    rank: Count = 64
    """Rank of the adapter; its alpha is twice that. Text fills more than answers do (research/training.md section 3a)."""
    block: Count = 512
    """Tokens of running text that are read at once: as much as a question and its answer. Longer ones take more memory."""
    epochs: Count | None = None
    """Passes over the documents. Unset: chosen by `train`."""
    learning_rate: Rate | None = None
    """Peak step size. Unset: chosen by `train`."""


@dataclass(frozen=True)
class RewardConfig:
    """A model that scores answers, learnt from pairs. What is unset is chosen by `train`, explained by `--plan`."""

    epochs: Count | None = None
    """Passes over the pairs. Unset: chosen by `train`."""
    learning_rate: Rate | None = None
    """Peak step size. Unset: chosen by `train`."""


@dataclass(frozen=True)
class TrainConfig:
    """What is trained, and how. What is unset is chosen by `train` and explained by `--plan`."""

    method: Annotated[str, _METHODS] = "auto"
    """`auto` (what the data allow), `none`, one of sft dpo raft kto reward full pretrain, or several: `sft+dpo`."""
    quantize: Literal["nf4", "none"] = "nf4"
    """Base weights in 4 bits while training an adapter (QLoRA): a quarter of the memory, about 0.01 to 0.1 in loss."""
    lora: LoraConfig = field(default_factory=LoraConfig)
    """The adapter."""
    epochs: Count | None = None
    """Passes over the training rows. Unset: chosen by `train`."""
    batch: Count | None = None
    """Rows an optimiser step. Unset: chosen by `train`."""
    learning_rate: Rate | None = None
    """Peak step size. Unset: by method, since one that fits LoRA is ten times too high for full fine-tuning."""
    max_length: Count | None = None
    """Longest row in tokens, template included. Unset: chosen by `train`; what it cuts is always told."""
    passages: Count = 2
    """raft: documents shown with each question, the right one among them."""
    args: Annotated[dict[str, Any], PassThrough("fields of TRL's own config")] = field(default_factory=dict)
    """Any field of TRL's own config, passed through as it is; it wins over the settings above."""
    dpo: DpoConfig = field(default_factory=DpoConfig)
    """Preference training."""
    kto: KtoConfig = field(default_factory=KtoConfig)
    """Training on thumbs up and down."""
    reward: RewardConfig = field(default_factory=RewardConfig)
    """Training of a reward model."""
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)
    """Continued pre-training."""


@dataclass(frozen=True)
class PriceConfig:
    """What answers cost. Unset: rungs are ordered by the ladder, and no cost is told."""

    input_per_million: Price | None = None
    """Price of a million prompt tokens."""
    output_per_million: Price | None = None
    """Price of a million answer tokens."""
    hour: Price | None = None
    """Price of an hour of the machine that runs the local rungs."""
    currency: str = "USD"
    """Sign or code shown beside amounts; nothing is converted."""


@dataclass(frozen=True)
class EndpointConfig:
    """A model behind an OpenAI-compatible API, measured as the rung `endpoint:NAME`."""

    base_url: Annotated[str, _URL]
    """Address of the API, up to and including /v1."""
    model: str
    """Model name that the API knows."""
    api_key_env: Annotated[str, _VARIABLE] | None = None
    """Environment variable that holds the key; the key itself never stands in a file. Unset: no key is sent."""
    input_per_million: Price | None = None
    """Its price of a million prompt tokens, in `prices.currency`. Unset: that of `prices`."""
    output_per_million: Price | None = None
    """Its price of a million answer tokens. Unset: that of `prices`."""
    concurrency: Count = 4
    """Requests under way at a time; lower it where the endpoint limits rates."""
    timeout: Annotated[float, Range(0, above=True)] = 60.0
    """Seconds without a sign of life after which a request is given up and tried again."""
    body: Annotated[dict[str, Any], PassThrough("fields of the endpoint's own request")] = field(default_factory=dict)
    """Fields of the request that win over ours; null leaves one out: `{max_tokens: null, max_completion_tokens: 128}`."""


@dataclass(frozen=True)
class EvaluateConfig:
    """Which rungs are compared, by what, and how much worse still counts as enough."""

    rungs: tuple[str, ...] = ()
    """Rungs to measure. Empty: all that the data, adapters and knowledge allow."""
    primary: str | None = None
    """Metric of the verdict, declared before the run. Unset: chosen from the data, with the reason in the report."""
    margin: Annotated[float, Range(0, above=True)] | None = None
    """How much worse, in units of the primary metric, still counts as enough. Unset: by metric, with the reason."""
    alpha: Annotated[float, Range(0, 0.5, above=True)] = 0.05
    """Error rate of the verdict, all comparisons together. The usual 5 %."""
    max_new_tokens: Count = 128
    """Longest answer in tokens: about 90 English words. Longer ones count as cut off."""
    batch: Count = 16
    """Prompts answered at a time: memory and speed, not figures (rounding aside)."""
    shots: tuple[Count, ...] = (2, 4, 8)
    """Numbers of examples that few-shot rungs try on dev."""
    passages: tuple[Count, ...] = (1, 2, 3)
    """Numbers of passages that rag rungs try on dev."""
    embedder: str = "minilm"
    """Model that finds passages by meaning: 22 M parameters, which run anywhere."""
    prices: PriceConfig = field(default_factory=PriceConfig)
    """What answers cost."""
    endpoints: dict[str, EndpointConfig] = field(default_factory=dict)
    """Hosted models to measure beside the local rungs."""
    general: FilePath | None = None
    """File of questions outside the task, to see what training made the model forget. Unset: not measured."""

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """Rungs whose endpoint is not declared."""
        for rung in self.rungs:
            name = rung.removeprefix("endpoint:")
            if name != rung and name not in self.endpoints:
                yield "rungs", f"names {rung}, but endpoints has no '{name}'", f"Add it under evaluate.endpoints.{name}"


@dataclass(frozen=True)
class QuickConfig:
    """How many rows `run --quick` takes: what one CPU answers on eight rungs in minutes, enough for a verdict (30)."""

    train: Count = 64
    """SFT rows."""
    preference: Annotated[int, Range(0)] = 24
    """Preference pairs."""
    raft: Annotated[int, Range(0)] = 32
    """Rows of retrieval-aware training."""
    heldout: Count = 32
    """Held-out rows. Fewer than 30 give figures and no verdict."""
    dev: Annotated[int, Range(0)] = 8
    """Dev rows."""
