"""Lets one process at a time publish into a workspace. Readers never ask.

The operating system holds the lock and lets go of it when the process ends, however it ends; the file's text says who
holds it. A text left behind by a process that is gone is therefore recognised without guessing.
"""

import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_POLL_SECONDS = 0.2


class WorkspaceBusyError(Exception):
    """Another process is publishing into the workspace."""


@dataclass(frozen=True)
class LockHolder:
    """Who holds a lock.

    Attributes:
        pid: Process id.
        host: Name of the machine.
        started_at: When the lock was taken, UTC, ISO 8601.
    """

    pid: int
    host: str
    started_at: str

    @classmethod
    def this_process(cls) -> "LockHolder":
        """The process that asks, now."""
        return cls(os.getpid(), socket.gethostname(), datetime.now(UTC).isoformat(timespec="seconds"))

    def is_this_process(self) -> bool:
        """Whether the process that asks is the holder."""
        return self.pid == os.getpid() and self.host == socket.gethostname()

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.started_at}"


def read_holder(lock_file: Path) -> LockHolder | None:
    """Return who a lock file names, or None where it is missing, empty or cut off."""
    try:
        return LockHolder(**json.loads(lock_file.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


@contextmanager
def hold_lock(lock_file: Path, say: Callable[[str], None], wait_seconds: float = 0) -> Iterator[None]:
    """Hold the lock for the body; a process that holds it already goes straight on.

    Args:
        lock_file: The file; its folder is created. It is removed at the end.
        say: Is told when a lock that a dead process left behind is taken over.
        wait_seconds: How long to wait for another holder.

    Raises:
        WorkspaceBusyError: If another process, or any process of another host, still holds it.
    """
    holder = read_holder(lock_file)
    if holder is not None and holder.is_this_process():
        yield
        return
    descriptor = _acquire(lock_file, time.monotonic() + wait_seconds)
    try:
        _take_over(read_holder(lock_file), lock_file, say)
        _sign(descriptor)
        try:
            yield
        finally:
            lock_file.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _acquire(lock_file: Path, deadline: float) -> int:
    """Ask the operating system for the lock until it is given or the time is up; return the open file."""
    while True:
        # A failed run that had made the folder takes it away again.
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        if _is_given(descriptor) and _is_at(descriptor, lock_file):
            return descriptor
        os.close(descriptor)
        if time.monotonic() >= deadline:
            holder = read_holder(lock_file) or "a process that has not signed yet"
            raise WorkspaceBusyError(f"{lock_file.parent} is being written by {holder}. Try again later.")
        time.sleep(_POLL_SECONDS)


def _is_given(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _is_at(descriptor: int, lock_file: Path) -> bool:
    """Whether the open file is still the one at the path: the holder before may have removed it meanwhile."""
    try:
        return os.path.samestat(os.fstat(descriptor), lock_file.stat())
    except FileNotFoundError:
        return False


def _take_over(left_behind: LockHolder | None, lock_file: Path, say: Callable[[str], None]) -> None:
    """Judge the name found in a lock that the operating system has given us.

    Not every shared file system passes locks between hosts, so a name from elsewhere is believed.
    """
    if left_behind is None:
        return
    if left_behind.host != socket.gethostname():
        raise WorkspaceBusyError(
            f"{lock_file.parent} was locked by {left_behind}. Whether it still runs cannot be seen from here; "
            f"if it does not, remove {lock_file}."
        )
    say(f"Took over the lock of {left_behind}, which is gone.")


def _sign(descriptor: int) -> None:
    """Replace the text of the open lock file by the name of this process."""
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps(asdict(LockHolder.this_process())).encode("utf-8"), 0)
    os.fsync(descriptor)
