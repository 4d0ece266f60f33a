"""The Hugging Face Hub: the splits and the card of a curated directory, as a data set that `load_dataset` reads."""

import re
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError
from stepladder.records import KINDS

_ID = re.compile(r"[\w.-]+/[\w.-]+")
_FILES = ["README.md", *(f"{kind}/*.jsonl" for kind in KINDS)]


def push(directory: Path, repo: str | None, *, public: bool) -> dict[str, Any]:
    """Upload the rows and the card in one commit; private unless `public`.

    Everything else stays here: ledger, review and dropped rows hold the input as it came, private data included.

    Raises:
        UserError: no repository is named, nobody is logged in, or the hub refuses or cannot be reached.
    """
    if repo is None or not _ID.fullmatch(repo):
        raise UserError("--repo", "the hub needs a name for the data set", "Write --repo OWNER/NAME")
    from stepladder.hush import hush

    hush()
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise UserError("the hub", "nobody is logged in", "Run `hf auth login`, or set HF_TOKEN")
    api = HfApi()
    try:
        api.create_repo(repo, repo_type="dataset", private=not public, exist_ok=True)
        if not public and not api.dataset_info(repo).private:
            raise UserError(repo, "is there already, and public", "Add --public if everybody may see these rows")
        commit = api.upload_folder(
            repo_id=repo, repo_type="dataset", folder_path=directory, allow_patterns=_FILES,
            commit_message="Curated by Stepladder",
        )  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # its HTTP library has errors of its own, and changed before; each means: not pushed
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        todo = "Check the name, your token's rights and the network, and run the same command again"
        raise UserError(repo, f"the data set could not be pushed ({first})", todo) from error
    console.say(f"Pushed to {commit.repo_url} ({'public' if public else 'private'})")
    return {"to": "hub", "repo": repo, "public": public, "commit": commit.oid, "url": str(commit.repo_url)}
