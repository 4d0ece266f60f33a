"""What happens during training: progress, checkpoints, a stop that loses nothing, warnings while they still help."""

import math
import signal
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers import TrainerCallback

from stepladder import console

from . import adapter

SAVE_EVERY = 120.0  # seconds of training that a kill can cost at most, an optimiser step aside
_HISTORY = 8  # losses that a new one is compared with
_SPIKE = 1.0  # nats above their median, and six times their spread, is a spike


class Watch(TrainerCallback):
    """One run's observer; `trainer` is set once the trainer exists, `advance` while a progress line is shown."""

    def __init__(self, *, expected_start: float | None = None, tolerance: float = 1e-4) -> None:
        """`expected_start`: the loss before the first update, where theory knows it (DPO: ln 2)."""
        self.trainer: Any = None
        self.advance: Callable[..., None] = lambda n=1, note=None: None
        self.interrupted = False
        self.warnings: list[str] = []
        self.expected_start, self._tolerance = expected_start, tolerance
        self._fresh, self._checked = True, False
        self._losses: deque[float] = deque(maxlen=_HISTORY)
        self._steps_per_epoch = 1
        self._saved = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Learn how many steps an epoch has, and whether this is a resumed run; the adapter must be as it should."""
        adapter.assert_guarded(kwargs["model"])
        adapter.assert_float32(kwargs["model"])
        batches = len(kwargs["train_dataloader"])
        self._steps_per_epoch = math.ceil(batches / args.gradient_accumulation_steps)
        self._fresh = state.global_step == 0
        self._saved = time.monotonic()

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Before the first update of this process: every trained weight must have a gradient."""
        if not self._checked and (silent := adapter.untrained(kwargs["model"])):
            raise AssertionError(f"{len(silent)} trained weights get no gradient, such as {silent[0]}")
        self._checked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Save from time to time; on Ctrl-C save and stop. The end of an epoch is saved by `on_epoch_end`."""
        ends_epoch = self._ends_epoch(state)
        due = self.interrupted or time.monotonic() - self._saved >= SAVE_EVERY
        self.trainer.epoch_ends = False
        control.should_save = due and not ends_epoch
        if control.should_save:
            self._saved = time.monotonic()
        if self.interrupted:
            control.should_training_stop = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Keep the epoch's checkpoint. An epoch that Ctrl-C cut short is neither evaluated nor kept as one."""
        whole = self._ends_epoch(state)
        control.should_save = whole
        control.should_evaluate = control.should_evaluate and whole
        self.trainer.epoch_ends = whole
        self._saved = time.monotonic()

    def _ends_epoch(self, state: Any) -> bool:
        return bool(state.global_step % self._steps_per_epoch == 0 or state.global_step == state.max_steps)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **kwargs: Any) -> None:
        """Move the progress line, check the first loss, and warn of a spike."""
        if not logs or "loss" not in logs:
            return
        loss = logs["loss"]
        self.advance(1, f"loss {loss:.3f}")
        self._check_first(loss, state.global_step)
        if len(self._losses) == _HISTORY:
            middle = statistics.median(self._losses)
            spread = statistics.median(abs(x - middle) for x in self._losses)
            if loss - middle > max(_SPIKE, 6 * spread):
                self.warn(f"the loss jumped from about {middle:.2f} to {loss:.2f} at step {state.global_step}")
        self._losses.append(loss)

    def _check_first(self, loss: float, step: int) -> None:
        expected = self.expected_start
        if self._fresh and step == 1 and expected is not None and abs(loss - expected) > self._tolerance:
            raise AssertionError(f"the first loss is {loss:.5f}, not {expected:.5f}: the reference is not the start")

    def warn(self, text: str) -> None:
        """Say it now, and keep it for training.json."""
        self.warnings.append(text)
        console.warn(text)

    @contextmanager
    def stopping_gently(self) -> Iterator[None]:
        """The first Ctrl-C ends training after the running step, with a checkpoint; the second at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: Any) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True
            console.say("Stopping after this step, with a checkpoint (Ctrl-C again: at once)")

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
