"""The command line: what each command takes, and which function it names. The function is imported only when called."""

import argparse
import importlib
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from stepladder import __version__, console
from stepladder.errors import (
    EXIT_BUG,
    EXIT_DONE,
    EXIT_INTERRUPTED,
    EXIT_USER,
    StepladderError,
    UserError,
    from_os_error,
)

_DATA = "JSONL, JSON, CSV, TSV, Parquet, Arrow (also .gz, .zst), folders, a `datasets` hub id, or - for stdin"
_MODEL = "hub id, local folder, .gguf file, or the default smollm2-135m-instruct"

_DRAWS_NOTHING = ("report", "review", "init", "doctor", "export", "inspect", "chat")  # commands without --seed


class _Parser(argparse.ArgumentParser):
    """Reports a wrong command line like every other fault of the user's."""

    def error(self, message: str) -> NoReturn:
        raise UserError(self.prog, message, f"See `{self.prog} --help`")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line; building it imports nothing heavy."""
    parser = _Parser(
        prog="stepladder",
        description="Curate a few hundred examples, adapt a model, and learn which rung of the ladder is enough.",
        epilog="example: stepladder run samples/tern-ferries/project.yaml --quick",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"stepladder {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_run(commands)
    _add_init(commands)
    _add_curate(commands)
    _add_review(commands)
    _add_train(commands)
    _add_sweep(commands)
    _add_inspect(commands)
    _add_evaluate(commands)
    _add_report(commands)
    _add_chat(commands)
    _add_export(commands)
    _command(commands, "doctor", "stepladder.doctor.command:doctor", "say what this machine can run", "doctor --json")
    return parser


def _command(commands: Any, name: str, target: str, says: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=says, description=says[0].upper() + says[1:] + ".", epilog=f"example: stepladder {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.set_defaults(target=target)
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout and nothing else there")
    parser.add_argument("--quiet", action="store_true", help="no progress and no remarks on stderr")
    parser.add_argument("--debug", action="store_true", help="show the traceback of a bug")
    if name not in _DRAWS_NOTHING:
        parser.add_argument("--seed", type=int, help="seed of everything that is drawn (default 0)")
    return parser


def _add_run(commands: Any) -> None:
    run = _command(
        commands, "run", "stepladder.pipeline:run", "curate, train, evaluate and report what a project file names",
        "run samples/tern-ferries/project.yaml --quick --out runs/demo",
    )  # fmt: skip
    run.add_argument("project", metavar="PROJECT.yaml")
    run.add_argument("--out", metavar="DIR", help="where everything goes (default: runs/NAME)")
    run.add_argument("--quick", action="store_true", help="a small honest subset, marked as such in the report")


def _add_init(commands: Any) -> None:
    init = _command(
        commands, "init", "stepladder.init.command:init", "look at the files, say what is in them, write a project file",
        "init answers.csv pairs.jsonl docs",
    )  # fmt: skip
    init.add_argument(
        "data", nargs="+", metavar="DATA", help=f"{_DATA[: _DATA.index(', or -')]}; a folder of documents"
    )
    init.add_argument("--out", default="project.yaml", metavar="FILE", help="the project file (default: project.yaml)")
    init.add_argument("--force", action="store_true", help="replace a file that is there already")


def _add_curate(commands: Any) -> None:
    curate = _command(
        commands, "curate", "stepladder.curate.command:curate", "clean the examples; every input row gets a verdict",
        "curate answers.csv pairs.jsonl --out curated",
    )  # fmt: skip
    curate.add_argument("data", nargs="*", metavar="DATA", help=_DATA)
    curate.add_argument("--out", required=True, metavar="DIR", help="the curated directory")
    curate.add_argument("--heldout", metavar="FILE", help="your own held-out rows: never trained on")
    curate.add_argument(
        "--knowledge",
        metavar="DIR",
        help="folder of documents: what they state is public, and figures of responses are looked up in them",
    )
    curate.add_argument("--config", metavar="PROJECT.yaml", help="project file; options win over it")
    curate.add_argument("--model", metavar="MODEL", help=f"check lengths and template with this model: {_MODEL}")
    curate.add_argument("--format", metavar="NAME", help="read the rows in this format instead of finding it out")
    curate.add_argument(
        "--decisions", metavar="FILE", help="decisions of `stepladder review` (default: those made on DIR before)"
    )
    curate.add_argument(
        "--benchmark",
        action="append",
        default=[],
        metavar="FILE",
        help="find rows that give its items away; repeatable",
    )
    curate.add_argument(
        "--keep", type=int, metavar="N", help="keep the N best and most different training rows, of all types together"
    )
    curate.add_argument(
        "--scores", choices=("none", "model"), help="model: rank rows by the losses of --model, too (default: none)"
    )
    curate.add_argument(
        "--fail-on", action="append", default=[], metavar="CODE", help="exit 3 when a row has this reason code"
    )
    curate.add_argument(
        "--fail-under", type=float, metavar="SHARE", help="exit 3 when a smaller share of rows is kept (0 to 1)"
    )
    curate.add_argument(
        "--baseline",
        metavar="FILE",
        help="exit 3 when something is found that FILE does not accept (with --fail-on: that)",
    )
    curate.add_argument("--write-baseline", metavar="FILE", help="accept what is found now, for --baseline later")


def _add_review(commands: Any) -> None:
    review = _command(
        commands, "review", "stepladder.curate.review.command:review", "accept, edit or reject what curation marked",
        "review curated",
    )  # fmt: skip
    review.add_argument("directory", metavar="DIR", help="a directory that `stepladder curate` wrote")
    review.add_argument("--port", type=int, default=0, metavar="N", help="port of the page (default: any free one)")
    review.add_argument("--host", default="127.0.0.1", metavar="HOST", help="address (default 127.0.0.1: only here)")
    review.add_argument("--no-browser", action="store_true", help="print the address and open no browser")


def _add_train(commands: Any) -> None:
    train = _command(
        commands,
        "train",
        "stepladder.train.command:train",
        "train adapters or models on a curated directory",
        "train curated --out adapters",
    )
    train.add_argument("curated", metavar="CURATED", help="a directory that `stepladder curate` wrote")
    train.add_argument(
        "--out", metavar="DIR", help="where the adapter goes (one directory a method where there are several)"
    )
    train.add_argument(
        "--method",
        metavar="METHOD",
        help="sft, dpo, kto, reward, raft, full, pretrain, or several: sft+dpo (default: what the data allow)",
    )
    train.add_argument("--adapter", metavar="DIR", help="the SFT adapter that dpo and kto start from")
    train.add_argument("--knowledge", metavar="DIR", help="folder of documents, for raft and pretrain")
    train.add_argument("--config", metavar="PROJECT.yaml", help="project file; options win over it")
    train.add_argument("--model", metavar="MODEL", help=_MODEL)
    train.add_argument("--plan", action="store_true", help="say parameters, memory, time and every setting, then stop")
    train.add_argument(
        "--preview", action="store_true", help="show the tokens of some rows and which carry loss, then stop"
    )


def _add_sweep(commands: Any) -> None:
    sweep = _command(
        commands, "sweep", "stepladder.train.sweep.command:sweep", "train at several ranks and compare them on dev",
        "sweep curated --ranks 1,2,4,8,16,64 --seeds 0,1,2 --out sweep",
    )  # fmt: skip
    sweep.add_argument("curated", metavar="CURATED", help="a directory that `stepladder curate` wrote")
    sweep.add_argument("--ranks", default="1,2,4,8,16,64", metavar="R,R", help="LoRA ranks (default: 1,2,4,8,16,64)")
    sweep.add_argument("--seeds", metavar="N,N", help="train each with these seeds (default: that of --seed alone)")
    sweep.add_argument("--rates", default="", metavar="X,X", help="learning rates to choose from on dev, for each rank")
    sweep.add_argument("--full", action="store_true", help="full fine-tuning, too")
    sweep.add_argument("--out", default="sweep", metavar="DIR", help="where it goes (default: sweep)")
    sweep.add_argument("--config", metavar="PROJECT.yaml", help="project file; options win over it")
    sweep.add_argument("--model", metavar="MODEL", help=_MODEL)
    sweep.add_argument("--quick", action="store_true", help="a small honest subset, marked as such in the report")


def _add_inspect(commands: Any) -> None:
    inspect = _command(
        commands, "inspect", "stepladder.train.inspect:inspect", "show the structure of any LoRA adapter's update",
        "inspect adapters/sft --out adapter.html",
    )  # fmt: skip
    inspect.add_argument("adapter", metavar="ADAPTER", help="a directory that `stepladder train` or PEFT wrote")
    inspect.add_argument("--out", metavar="FILE", help="write a self-contained HTML page, too")
    inspect.add_argument("--model", metavar="MODEL", help="the base (default: the one that the adapter names)")


def _add_evaluate(commands: Any) -> None:
    evaluate = _command(
        commands, "evaluate", "stepladder.evaluate.command:evaluate", "answer the held-out rows on every rung and compare",
        "evaluate curated --adapter adapters/sft --knowledge docs --out evaluation",
    )  # fmt: skip
    evaluate.add_argument("curated", metavar="CURATED", help="a directory that `stepladder curate` wrote")
    evaluate.add_argument("--out", metavar="DIR", help="where answers and results go")
    evaluate.add_argument(
        "--plan", action="store_true", help="say what the rows can show and how long it takes, then stop"
    )
    evaluate.add_argument(
        "--adapter", action="append", default=[], metavar="[NAME=]DIR", help="a trained adapter; may be repeated"
    )
    evaluate.add_argument("--knowledge", metavar="DIR", help="folder of documents, for the rag rungs")
    evaluate.add_argument("--rungs", nargs="+", metavar="RUNG", help="only these (default: all that can be run)")
    evaluate.add_argument("--config", metavar="PROJECT.yaml", help="project file; options win over it")
    evaluate.add_argument("--model", metavar="MODEL", help=_MODEL)


def _add_report(commands: Any) -> None:
    report = _command(
        commands, "report", "stepladder.evaluate.report.command:report", "write the self-contained HTML and Markdown report",
        "report runs/demo",
    )  # fmt: skip
    report.add_argument("directory", metavar="DIR", help="a run directory, or one that `stepladder evaluate` wrote")
    report.add_argument("--out", metavar="FILE", help="the HTML file (default: DIR/report.html)")
    report.add_argument(
        "--pdf", action="store_true", help="print it as PDF, too, by the Chromium or Chrome that is here"
    )


def _add_chat(commands: Any) -> None:
    chat = _command(
        commands, "chat", "stepladder.evaluate.chat.command:chat", "ask one prompt and read the rungs side by side",
        'chat runs/demo --once "Can I bring my dog?"',
    )  # fmt: skip
    chat.set_defaults(as_document=False)
    chat.add_argument("directory", metavar="RUN", help="a directory that `stepladder run` wrote")
    chat.add_argument("--once", metavar="PROMPT", help="ask this and end (default: ask what is typed)")
    chat.add_argument("--rungs", nargs="+", metavar="RUNG", help="only these (default: all that were evaluated)")


def _add_export(commands: Any) -> None:
    export = _command(
        commands, "export", "stepladder.export:export", "write curated rows, an adapter or a model for another tool",
        "export adapters/sft --to merged --out desk-model",
    )  # fmt: skip
    export.add_argument("directory", metavar="DIR", help="what `stepladder curate` or `stepladder train` wrote")
    export.add_argument(
        "--to",
        required=True,
        metavar="TARGET",
        help="rows: axolotl, llama-factory, openai, argilla, label-studio, hub; adapters: merged, gguf, hub",
    )
    export.add_argument("--out", metavar="DIR", help="where the files go (default: DIR-TARGET)")
    export.add_argument(
        "--prompts",
        metavar="FILE",
        help="rows on which a model is compared with its adapter (default: the run's dev rows)",
    )
    export.add_argument(
        "--weights", choices=("f16", "q8_0"), help="number format in a GGUF file (default f16; q8_0 is half as large)"
    )
    export.add_argument("--repo", metavar="OWNER/NAME", help="the repository on the hub")
    export.add_argument("--public", action="store_true", help="let everybody see it on the hub (default: private)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code (DESIGN.md section 3)."""
    words = list(sys.argv[1:] if argv is None else argv)
    as_json, debug = "--json" in words, "--debug" in words
    try:
        options = vars(build_parser().parse_args(words))
        return _call(options)
    except KeyboardInterrupt:
        message = "interrupted: everything finished so far is kept, and the same command carries on from there"
        return _report({"where": "stepladder", "what": message, "todo": ""}, EXIT_INTERRUPTED, as_json, f"\n{message}")
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the reader went away: not an error of ours
        return EXIT_DONE
    except (StepladderError, OSError) as error:
        known = error if isinstance(error, StepladderError) else from_os_error(error)
        if known is None:
            return _bug(error, as_json, debug)
        fields = {"where": known.where, "what": known.what, "todo": known.todo}
        return _report(fields, known.exit_code, as_json, f"stepladder: {known}")
    except Exception as error:
        return _bug(error, as_json, debug)


def _call(options: dict[str, Any]) -> int:
    command, target = options.pop("command"), options.pop("target", None)
    as_json = options.pop("json", False)
    options.pop("debug", None)
    if command is None:
        build_parser().print_help()
        return EXIT_USER
    console.configure(quiet=options.pop("quiet", False))
    from stepladder.hush import hush

    hush()
    if "as_document" in options:  # a command that prints as it goes, unless its document is printed
        options["as_document"] = as_json
    if "config" in options:
        options["config"] = _project(options["config"])
    module, function = target.split(":")
    document = getattr(importlib.import_module(module), function)(**options)
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    return EXIT_DONE


def _project(path: str | None) -> Any:
    if path is None:
        return None
    from stepladder.config import load_project

    return load_project(Path(path), needs_data=False)


def _report(fields: dict[str, str], code: int, as_json: bool, message: str) -> int:
    if as_json:
        print(json.dumps({"error": fields, "exit_code": code}, ensure_ascii=False))
    print(message, file=sys.stderr)
    return code


def _bug(error: BaseException, as_json: bool, debug: bool) -> int:
    """An error that nobody foresaw: the traceback goes to a file, or to the terminal under --debug."""
    text = "".join(traceback.format_exception(error))
    if debug:
        print(text, file=sys.stderr)
    with tempfile.NamedTemporaryFile(
        "w", prefix="stepladder-bug-", suffix=".txt", delete=False, encoding="utf-8"
    ) as stream:
        stream.write(f"stepladder {__version__}\n{' '.join(sys.argv)}\n\n{text}")
    what = f"a bug in Stepladder ({type(error).__name__}: {error})"
    fields = {"where": "stepladder", "what": what, "todo": f"Please report it with the file {stream.name}"}
    return _report(fields, EXIT_BUG, as_json, f"stepladder: {what}. The report is in {stream.name}")
