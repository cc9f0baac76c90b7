"""One process at a time publishes; a dead one's lock is taken over with a word."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pipelines.lock import LockHolder, WorkspaceBusyError, hold_lock, read_holder

HOLD_UNTIL_TOLD = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from pipelines.lock import hold_lock
    with hold_lock(Path(sys.argv[1]), print):
        print("held", flush=True)
        sys.stdin.readline()
    """
)


def start_holder(lock_file: Path) -> subprocess.Popen[str]:
    """A process that holds the lock until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_TOLD, str(lock_file)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def finish(holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    assert holder.stdout is not None
    holder.stdin.close()
    holder.wait()
    holder.stdout.close()


def test_the_lock_names_its_holder_and_leaves_nothing_behind(tmp_path: Path) -> None:
    lock_file = tmp_path / "workspace" / "lock"

    with hold_lock(lock_file, pytest.fail):
        holder = read_holder(lock_file)
        assert holder is not None
        assert (holder.pid, holder.host) == (os.getpid(), socket.gethostname())

    assert list((tmp_path / "workspace").iterdir()) == []


def test_a_process_that_holds_the_lock_goes_straight_on(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"

    with hold_lock(lock_file, pytest.fail):
        with hold_lock(lock_file, pytest.fail):
            pass
        assert lock_file.exists()


def test_a_living_holder_is_respected_and_named(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    holder = start_holder(lock_file)

    with pytest.raises(WorkspaceBusyError, match=f"process {holder.pid} on"), hold_lock(lock_file, pytest.fail):
        pass

    finish(holder)
    with hold_lock(lock_file, pytest.fail):
        pass


def test_the_lock_of_a_killed_process_is_taken_over_with_a_word(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    holder = start_holder(lock_file)
    holder.kill()
    finish(holder)
    said: list[str] = []

    with hold_lock(lock_file, said.append):
        assert read_holder(lock_file) is not None

    assert len(said) == 1
    assert said[0].startswith(f"Took over the lock of process {holder.pid} on ")


def test_a_lock_of_another_host_is_believed(tmp_path: Path) -> None:
    lock_file = tmp_path / "lock"
    elsewhere = {"pid": 1, "host": "elsewhere.example", "started_at": "2026-06-29T05:00:00+00:00"}
    lock_file.write_text(json.dumps(elsewhere), encoding="utf-8")

    with pytest.raises(WorkspaceBusyError, match=r"elsewhere\.example"), hold_lock(lock_file, pytest.fail):
        pass

    assert read_holder(lock_file) == LockHolder(**elsewhere)


@pytest.mark.parametrize("text", ["", '{"pid": 1', '{"pid": 1}'])
def test_a_lock_without_a_whole_name_counts_as_free(tmp_path: Path, text: str) -> None:
    lock_file = tmp_path / "lock"
    lock_file.write_text(text, encoding="utf-8")

    with hold_lock(lock_file, pytest.fail):
        assert read_holder(lock_file) is not None
