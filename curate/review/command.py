"""`stepladder review`: serve the page until Ctrl-C, then say what was decided and what to do next."""

import contextlib
import os
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError

from .desk import Desk
from .server import ReviewServer

_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def review(directory: str, *, host: str = "127.0.0.1", port: int = 0, no_browser: bool = False) -> dict[str, Any]:
    """Let a person decide about the rows of a curated directory; returns how far the review is when it is stopped.

    Raises:
        UserError: not a curated directory, a folder that cannot be written to, or a port that is taken.
    """
    desk = Desk(Path(directory))
    folder = desk.store.path.parent
    if not os.access(desk.store.path if desk.store.path.exists() else folder, os.W_OK):
        raise UserError(str(desk.store.path), "decisions cannot be written here", "Copy the directory to another place")
    with ReviewServer(desk, host, port) as server:
        _say_start(desk, server)
        if not no_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=[server.url], daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):  # the usual way to end it: all decisions are on the disk
            server.serve_forever()
    told = desk.told()
    _say_end(told)
    return {"url": server.url, **told}


def _say_start(desk: Desk, server: ReviewServer) -> None:
    told = desk.told()
    console.say(f"{told['held']} rows are held for review, {told['to_decide']} of them wait for a decision")
    if server.host not in _LOOPBACK:
        console.warn(f"{server.host} can be reached by others: whoever has the address can read and decide")
    console.say(f"review: {server.url}")
    console.say(f"decisions are kept in {desk.store.path}; Ctrl-C ends the review")


def _say_end(told: dict[str, Any]) -> None:
    done = ", ".join(f"{told[name]} {name}" for name in ("accepted", "edited", "rejected", "skipped"))
    console.say(f"\nreview ended: {done}; {told['to_decide']} of {told['held']} held rows still wait")
    if told["accepted"] or told["edited"] or told["rejected"]:
        console.say(f"next: {told['next']}")


def _has_screen() -> bool:
    """Whether there is a desktop: without one, Python would start a browser inside this terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
