"""Time and peak memory of the README's main job: the quick form of the sample, from an empty directory.

    python bench/demo.py

The model is taken from the user's cache where it is there. Memory is the largest process's resident peak (getrusage).
"""

import resource
import subprocess
import sys
import tempfile
import time


def main() -> int:
    """Run it and print what it took; the exit code is that of the run."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-P", "-m", "stepladder", "run", "samples/tern-ferries/project.yaml", "--quick"]
        start = time.monotonic()
        done = subprocess.run([*command, "--out", f"{scratch}/demo"], check=False)
        seconds = time.monotonic() - start
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20  # kilobytes on Linux
    print(f"exit code {done.returncode}; {seconds / 60:.1f} min; peak memory {peak:.1f} GiB")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
