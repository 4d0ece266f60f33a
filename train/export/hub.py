"""The Hugging Face Hub: an adapter, or what `stepladder export` wrote, with its card, as a model repository."""

import re
from pathlib import Path
from typing import Any

from stepladder import console
from stepladder.errors import UserError

_ID = re.compile(r"[\w.-]+/[\w.-]+")
# What a model needs. training.json, export.json and the manifest stay here: they name paths of this machine.
_FILES = ["README.md", "*.safetensors", "*.safetensors.index.json", "adapter_config.json", "config.json",
          "generation_config.json", "tokenizer*", "*.jinja", "special_tokens_map.json", "vocab.json", "merges.txt",
          "*.gguf"]  # fmt: skip
_NOT = ["checkpoints/*"]


def push(directory: Path, repo: str | None, *, public: bool) -> dict[str, Any]:
    """Upload the model and its card in one commit; private unless `public`.

    Raises:
        UserError: no repository is named, nobody is logged in, or the hub refuses or cannot be reached.
    """
    if repo is None or not _ID.fullmatch(repo):
        raise UserError("--repo", "the hub needs a name for the model", "Write --repo OWNER/NAME")
    from huggingface_hub import HfApi, get_token

    if get_token() is None:
        raise UserError("the hub", "nobody is logged in", "Run `hf auth login`, or set HF_TOKEN")
    api = HfApi()
    try:
        api.create_repo(repo, repo_type="model", private=not public, exist_ok=True)
        if not public and not api.model_info(repo).private:
            raise UserError(repo, "is there already, and public", "Add --public if everybody may see this model")
        commit = api.upload_folder(
            repo_id=repo, repo_type="model", folder_path=directory, allow_patterns=_FILES, ignore_patterns=_NOT,
            commit_message="Trained and exported by Stepladder",
        )  # fmt: skip
    except UserError:
        raise
    except Exception as error:  # the errors of its HTTP library changed before; each means: not pushed
        first = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
        todo = "Check the name, your token's rights and the network, and run the same command again"
        raise UserError(repo, f"the model could not be pushed ({first})", todo) from error
    console.say(f"Pushed to {commit.repo_url} ({'public' if public else 'private'})")
    return {"to": "hub", "repo": repo, "public": public, "commit": commit.oid, "url": str(commit.repo_url)}
