"""Check a wheel: every tracked file of the four packages is in it, and `stepladder` is its only top-level package.

python .ci/check_wheel.py dist/stepladder-0.1.0-py3-none-any.whl
"""

import subprocess
import sys
import zipfile
from pathlib import PurePosixPath

PACKAGES = ("stepladder", "curate", "train", "evaluate")


def main(wheel: str) -> int:
    """Print what is wrong and return 1, or say that all is well and return 0."""
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if not name.endswith("/")}
    top = {PurePosixPath(name).parts[0] for name in inside}
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], capture_output=True, text=True, check=True).stdout.split()
    expected = {name if name.startswith("stepladder/") else f"stepladder/{name}" for name in tracked}
    faults = [f"missing in the wheel: {name}" for name in sorted(expected - inside)]
    faults += [
        f"unexpected at top level: {name}"
        for name in sorted(top)
        if name != "stepladder" and not name.endswith(".dist-info")
    ]
    if not expected:
        faults.append("git lists no files of the packages")
    print("\n".join(faults) or f"{wheel}: {len(inside)} files, all {len(expected)} tracked ones among them")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
