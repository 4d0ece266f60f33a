"""How often this held-out set was looked at: every further look makes a false 'enough' more likely."""

import hashlib
import json
from typing import Any

from stepladder.wheels import cache_dir
from stepladder.writing import append_jsonl


def count(fingerprint: str, what: Any) -> int:
    """Note a scoring of the held-out set with that fingerprint and return which look it is, from 1 on.

    The same scoring again (same rungs, adapters and settings, as `what` tells) is no new look. The notes live in the
    user's cache, beside the models, since they belong to the rows and not to a run; without a writable cache the
    answer is 1.
    """
    mark = hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
    file = cache_dir() / "looks" / f"{fingerprint}.jsonl"
    try:
        seen = (
            [json.loads(line)["look"] for line in file.read_text(encoding="utf-8").splitlines()]
            if file.is_file()
            else []
        )
        if mark not in seen:
            file.parent.mkdir(parents=True, exist_ok=True)
            append_jsonl(file, {"look": mark})
            seen.append(mark)
    except (OSError, json.JSONDecodeError, KeyError):
        return 1
    return list(dict.fromkeys(seen)).index(mark) + 1
