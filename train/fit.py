"""Train one adapter or model: load, build TRL's trainer, go on from the last whole checkpoint, keep the best epoch."""

import math
import os
import shutil
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stepladder import console, models, rundir

from . import adapter, checkpoints, head, record, whole
from .methods import arguments, dpo, kto, reward, sft
from .prepare import Run, lora_of, unpacked
from .settings import value

if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel

    from .watch import Watch

_BUILDERS: dict[str, Any] = {
    "dpo": dpo.trainer,
    "kto": kto.trainer,
    "reward": reward.trainer,
}  # sft.trainer builds all others
_MADE_HERE = (*adapter.FILES, *whole.PATTERNS, "training.json", "README.md")


def fit(run: Run, directory: Path) -> dict[str, Any]:
    """Train into `directory` and return its training.json.

    An interrupted run of the same data, settings and code goes on where it stopped, and ends with the same bits.

    Raises:
        UserError: TRL refuses the fields, or the loss stops being a number.
        KeyboardInterrupt: after Ctrl-C, with a checkpoint written.
    """
    begun = time.monotonic()
    record.forget_peak(run.base.on_gpu)
    folder = _open(run, directory)
    resumed = checkpoints.last(folder)
    model = _loaded(run)
    if value(run.settings, "packed") and not head.agrees(model, _probe(run)):
        run = unpacked(run)
    watch = _watch(run)
    trainer = _trainer(run, model, folder, resumed is not None)
    trainer.add_callback(watch)
    watch.trainer = trainer
    preparation = time.monotonic() - begun
    _train(run, trainer, watch, resumed)
    document = record.document(run, trainer, watch, folder=folder, preparation=preparation)
    _publish(run, directory, folder, document)
    return document


def _open(run: Run, directory: Path) -> Path:
    """The directory as this run's own, and its folder of checkpoints."""
    finished = rundir.read_manifest(directory).get("complete")
    rundir.working_directory(directory, "train")
    if finished:
        rundir.reopen(directory, "train")
    for made in (path for pattern in _MADE_HERE for path in directory.glob(pattern)):
        made.unlink()
    folder = directory / checkpoints.FOLDER
    if changed := checkpoints.claim(folder, run.identity):
        console.say(f"  {run.method}: starts anew, since these have changed: {changed}")
    return folder


def _loaded(run: Run) -> "PeftModel | PreTrainedModel":
    quantize = value(run.settings, "quantize")
    how = "in 4 bits" if quantize == "nf4" else "unquantised"
    console.say(f"  {len(run.train)} rows, {len(run.dev)} dev rows; loading {run.base.ref.name} {how}")
    if run.base.shape.whole:
        return whole.load(run.base.ref)
    seed = value(run.settings, "seed")
    scores = run.method == "reward"
    base = reward.load(run.base.ref, quantize, seed=seed) if scores else models.load_model(run.base.ref, quantize)
    if value(run.settings, "dequantised"):
        models.dequantise(base)
    if run.start is not None:
        return adapter.load(base, run.start)
    return adapter.attach(base, lora_of(run.method, run.project), seed=seed)


def _probe(run: Run) -> list[list[int]]:
    shortest = sorted(run.train, key=lambda e: e.length)[:2]
    return [e.prompt_ids + e.answers[0] for e in shortest]


def _starts_at_ln_2(run: Run) -> bool:
    """Whether theory knows the loss before the first step: DPO's policy is then its reference, and all margins are 0."""
    bent = {"loss_weights", "use_weighting", "disable_dropout"} & set(run.given)
    if run.method != "dpo" or bent:
        return False
    return value(run.settings, "preference_loss") in ("sigmoid", ["sigmoid"], "robust", ["robust"])


def _watch(run: Run) -> "Watch":
    from .watch import Watch

    expected = math.log(2) if _starts_at_ln_2(run) else None
    return Watch(expected_start=expected, tolerance=5e-3 if run.base.on_gpu else 1e-4)


def _trainer(run: Run, model: "PeftModel | PreTrainedModel", folder: Path, resumed: bool) -> Any:
    from transformers import PrinterCallback

    from . import dropout

    fields = arguments.fields_of(
        run.settings, folder, has_dev=bool(run.dev), on_gpu=run.base.on_gpu, from_start=not resumed
    )
    if run.method == "dpo":
        fields |= arguments.preference_fields(run.settings)
        fields["eval_on_start"] &= not _starts_at_ln_2(run)
    if run.method == "kto":
        fields |= arguments.thumbs_fields(run.settings)
    if not run.base.on_gpu:
        dropout.replace(model)
    kept = {} if run.base.shape.whole else adapter.weights(model)
    trainer = _BUILDERS.get(run.method, sft.trainer)(model, run.base.tokenizer, run.train, run.dev, fields, run.given)
    adapter.restore(model, kept)
    trainer.remove_callback(PrinterCallback)
    if run.method != "reward":
        head.install(head.plain(model), packed=value(run.settings, "packed"))
    if run.method in ("dpo", "kto"):
        trainer.fix_reference()
    return trainer


def _train(run: Run, trainer: Any, watch: "Watch", resumed: Path | None) -> None:
    done = int(resumed.name.rsplit("-", 1)[1]) if resumed else 0
    if done:
        console.say(f"  {run.method}: goes on from step {done}")
    total = record.steps_of(trainer)
    with ExitStack() as stack:
        if done < total:
            watch.advance = stack.enter_context(console.track(run.method, total - done, unit="steps"))
        stack.enter_context(watch.stopping_gently())
        trainer.train(resume_from_checkpoint=str(resumed) if resumed else None)
    if watch.interrupted:
        raise KeyboardInterrupt


def _publish(run: Run, directory: Path, folder: Path, document: dict[str, Any]) -> None:
    """The best epoch's weights, tokenizer, record and card at the top of the directory; the manifest last."""
    from . import card

    best = checkpoints.of_step(folder, document["best"]["step"])
    for name in whole.files(best) if run.base.shape.whole else adapter.FILES:
        beside = directory / f".{name}.tmp"
        shutil.copyfile(best / name, beside)
        os.replace(beside, directory / name)
    run.base.tokenizer.save_pretrained(directory)
    if run.base.shape.whole:
        document["model_sha256"] = models.resolve(str(directory)).sha256
    else:
        record.set_base(directory, run.base.ref.name)
        document["adapter_sha256"] = models.adapter_hash(directory)
    record.write(directory, document)
    card.write(directory, document)
    checkpoints.trim(folder)
    rundir.finish(directory, stage="train", inputs=run.inputs, config=run.config, seconds=document["seconds"])
