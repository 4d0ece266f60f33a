"""SFT formats with the whole conversation in one column: `messages`, ShareGPT `conversations`, HH transcripts."""

from collections.abc import Callable, Mapping
from typing import Any

from stepladder.formats import transcripts
from stepladder.formats.columns import Columns
from stepladder.formats.examples import sft
from stepladder.formats.prompts import SYSTEM, with_system
from stepladder.formats.shape import Draft, Format
from stepladder.formats.turns import described, turns
from stepladder.inputs.item import RowFault
from stepladder.records import Message

_SWITCHES = {"weight": "0", "train": "false"}  # keys of a turn that say whether it is learned, with their word for no


def formats() -> list[Format]:
    """The formats that need one column."""
    return [
        Format("messages", ("messages",), _reader("messages"), SYSTEM),
        Format("sharegpt", ("conversations",), _reader("conversations"), SYSTEM),
        Format("sharegpt", ("conversation",), _reader("conversation"), SYSTEM),
        *(Format("hh", (column,), _transcript(column), when=_holds(column)) for column in ("text", "transcript")),
    ]


def conversation(columns: Columns, column: str) -> tuple[Message, ...]:
    """All turns in a column, below the system prompt of the row's own column.

    Raises:
        RowFault: the column is no list of turns.
    """
    value = columns[column]
    if not isinstance(value, list):
        raise RowFault(f"'{column}' is {described(value)}, not a list of turns")
    return with_system(columns, turns(value, column, "user"))


def divided(conversation: tuple[Message, ...]) -> tuple[tuple[Message, ...], tuple[Message, ...]]:
    """Prompt and completion: the last turns of the assistant are the completion, all before them the prompt."""
    end = len(conversation)
    while end and conversation[end - 1]["role"] == "assistant":
        end -= 1
    return conversation[:end], conversation[end:]


def _reader(column: str) -> Callable[[Columns], Draft]:
    def read(columns: Columns) -> Draft:
        return sft(*divided(_trained(conversation(columns, column))))

    return read


def _trained(conversation: tuple[Message, ...]) -> tuple[Message, ...]:
    """The conversation up to the last assistant turn that is not switched off, without the switches.

    They are OpenAI's `weight: 0` and Axolotl's `train: false` (`message_field_training`). Turns after the last trained
    one carry no loss, so leaving them out changes nothing that is learned.

    Raises:
        RowFault: all assistant turns are switched off.
    """
    if not any(switch in turn for turn in conversation for switch in _SWITCHES):
        return conversation
    answers = [i for i, turn in enumerate(conversation) if turn["role"] == "assistant"]
    trained = [i for i in answers if not _is_off(conversation[i])]
    if answers and not trained:
        off = next(f"{switch} {value}" for switch, value in _SWITCHES.items() if switch in conversation[answers[0]])
        raise RowFault(f"every assistant turn has {off}, so there is nothing to learn")
    end = trained[-1] + 1 if trained and trained[-1] != answers[-1] else len(conversation)
    return tuple(_without_switches(turn) for turn in conversation[:end])


def _is_off(turn: Mapping[str, Any]) -> bool:
    return turn.get("weight") == 0 or turn.get("train") is False


def _without_switches(turn: Message) -> Message:
    return {key: value for key, value in turn.items() if key not in _SWITCHES}  # type: ignore[return-value]


def _transcript(column: str) -> Callable[[Columns], Draft]:
    return lambda columns: sft(*divided(transcripts.split(columns[column])))


def _holds(column: str) -> Callable[[Columns], bool]:
    return lambda columns: transcripts.is_transcript(columns[column])
