"""The processor, memory and disk of this machine, or of the part of it that this process may use."""

import os
import shutil
from pathlib import Path

from stepladder import rundir
from stepladder.doctor.check import Check
from stepladder.wheels import cache_dir

GIB = 2**30
_CPUINFO = Path("/proc/cpuinfo")
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")
_BF16 = {"amx_bf16": "AMX-BF16", "avx512_bf16": "AVX512-BF16"}  # flag in /proc/cpuinfo -> its usual name
DEFAULT_RUN = 5 * GIB  # bytes; the sample's run on the default model peaks at 4.5 GiB (bench/demo.py)
_DISK = 3 * GIB  # bytes; model, its conversion and the checkpoints of one run


def processor() -> Check:
    """Cores that this process may use, and whether the processor computes in bfloat16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    flags = _flags()
    speed = next((name for flag, name in _BF16.items() if flag in flags), None)
    said = f"with {speed}" if speed else "without bfloat16 instructions"
    return Check("processor", "ok", f"{cores} core{'s' * (cores != 1)}, {rundir.environment()['processor']}, {said}")


def _flags() -> set[str]:
    try:
        lines = _CPUINFO.read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return set(next((line.split(":", 1)[1].split() for line in lines if line.startswith("flags")), []))


def memory() -> tuple[Check, int]:
    """How much there is, and the bytes that are free now."""
    total, free = _memory()
    said = f"{total / GIB:.1f} GiB, {free / GIB:.1f} GiB free now"
    if free < DEFAULT_RUN:
        more = f"; a run on the default model takes about {DEFAULT_RUN / GIB:.0f} GiB"
        return Check("memory", "note", said + more, "Close other programs, or lower train.batch"), free
    return Check("memory", "ok", said), free


def _memory() -> tuple[int, int]:
    """Bytes of the machine or, where it is smaller, of the container: all of them, and those that are free."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    free = total
    if _MEMINFO.is_file():
        lines = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="utf-8").splitlines() if ":" in line)
        free = int(lines["MemAvailable"].split()[0]) * 1024
    limit, used = (_number(_CGROUP / name) for name in ("memory.max", "memory.current"))
    if limit is not None and limit < total:
        total, free = limit, min(free, max(0, limit - (used or 0)))
    return total, free


def _number(file: Path) -> int | None:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def disk() -> Check:
    """Room where models and where results go."""
    cache = cache_dir()
    there = next(folder for folder in (cache, *cache.parents) if folder.is_dir())
    rooms = {"results here": shutil.disk_usage(".").free, f"models in {cache}": shutil.disk_usage(there).free}
    said = ", ".join(f"{free / GIB:.0f} GiB for {name}" for name, free in rooms.items())
    if min(rooms.values()) < _DISK:
        return Check("disk", "note", f"{said}; a run takes up to {_DISK / GIB:.0f} GiB", "Free some space")
    return Check("disk", "ok", said)
