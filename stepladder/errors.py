"""The errors a user can cause, worded once: where it is, what is wrong, what to do."""

import errno
from typing import ClassVar

EXIT_DONE, EXIT_BUG, EXIT_USER, EXIT_GATE, EXIT_INTERRUPTED = 0, 1, 2, 3, 130


class StepladderError(Exception):
    """Base of every error that reaches the user as one message and no traceback."""

    exit_code: ClassVar[int] = EXIT_USER

    def __init__(self, where: str, what: str, todo: str) -> None:
        """`where` is a path, `path:line` or an option; `what` and `todo` are sentences without a final full stop."""
        super().__init__(where, what, todo)  # positional, so that the error survives pickling between processes
        self.where, self.what, self.todo = where, what, todo

    def __str__(self) -> str:
        return f"{self.where}: {self.what}. {self.todo}."


class UserError(StepladderError):
    """The input, the configuration or the command line is wrong (exit code 2)."""


class GateFailed(StepladderError):
    """A limit that the user set with `--fail-on` or `--fail-under` was not met (exit code 3)."""

    exit_code = EXIT_GATE


_MACHINE_FAULTS = {
    errno.ENOSPC: ("the disk is full", "Free some space and run the same command again: finished work is kept"),
    errno.EDQUOT: (
        "the disk quota is used up",
        "Free some space and run the same command again: finished work is kept",
    ),
    errno.EACCES: ("permission denied", "Choose a path that you may read and write"),
    errno.EPERM: ("the system does not permit this", "Choose a path that you may read and write"),
    errno.EROFS: ("the file system is read-only", "Choose another path with --out"),
    errno.ENOENT: ("there is no such file or directory", "Check the path"),
    errno.ENOTDIR: ("a part of this path is a file, not a directory", "Choose another path"),
    errno.EEXIST: ("a file stands where a directory is needed", "Choose another path"),
    errno.EISDIR: ("this is a directory, not a file", "Name a file"),
    errno.ENAMETOOLONG: ("the path is too long", "Choose a shorter one"),
}


def from_os_error(error: OSError) -> UserError | None:
    """The same fault in the user's words, or None when it is not one that a user can mend."""
    if error.errno not in _MACHINE_FAULTS:
        return None
    what, todo = _MACHINE_FAULTS[error.errno]
    return UserError(str(error.filename or "disk"), what, todo)
