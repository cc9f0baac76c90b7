"""Several processes write at once, one of them is killed in the middle: nothing is lost, doubled or half there."""

import os
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path

from data_contracts.recorded_rows import read_recorded
from pipelines.recording.known import KnownCompany
from pipelines.recording.pulses import PULSES, PulseForm, record_pulse
from pipelines.recording.records import RecordingError, new_id, write_record
from pipelines.workspace import Workspace

WRITERS = 4
WRITES = 200
SPAWN = get_context("spawn")


def write_many(folder: Path, ids: list[str]) -> None:
    for pulse_id in ids:
        row = {"pulse_id": pulse_id, "reason": f"What was seen in {pulse_id}", "recorded_at": "2026-06-03 15:30:00"}
        assert write_record(folder, pulse_id, row, ("recorded_at",)).is_new


def count_what_is_new(folder: Path, ids: list[str], author: str, found: Path) -> None:
    """Write down how each row fared: new, the same before, or refused."""
    fates = []
    for pulse_id in ids:
        try:
            fates.append("new" if write_record(folder, pulse_id, {"csm_id": author}, ()).is_new else "again")
        except RecordingError:
            fates.append("refused")
    found.write_text("\n".join(fates), encoding="utf-8")


def die_before_the_file_is_in_place(
    workspace: Workspace, company: KnownCompany, form: PulseForm, author: str, now: datetime
) -> None:
    os.link = lambda *_: os._exit(9)
    record_pulse(workspace, company, form, author, now)


def run_together(
    target: Callable[..., None], arguments: list[tuple[object, ...]], meanwhile: Callable[[], None]
) -> None:
    processes = [SPAWN.Process(target=target, args=each) for each in arguments]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        meanwhile()
        time.sleep(0.005)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def test_two_hundred_writes_from_several_processes(tmp_path: Path) -> None:
    ids = sorted(new_id() for _ in range(WRITES))
    seen = []

    def read() -> None:
        recorded = read_recorded(tmp_path)
        assert recorded.unreadable == ()
        seen.append(len(recorded.rows))

    run_together(write_many, [(tmp_path, ids[writer::WRITERS]) for writer in range(WRITERS)], read)

    rows = list(read_recorded(tmp_path).rows.values())
    assert [row["pulse_id"] for row in rows] == ids
    assert all(row["reason"] == f"What was seen in {row['pulse_id']}" for row in rows)
    assert seen == sorted(seen)
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"] * WRITES


def test_one_of_those_who_send_the_same_id_at_once_records_it(tmp_path: Path) -> None:
    """Two send the same rows, two others use the same ids for something else."""
    ids = [new_id() for _ in range(50)]
    folder, found = tmp_path / "rows", [tmp_path / f"{writer}.txt" for writer in range(WRITERS)]
    authors = ["C1", "C1", "C2", "C2"]

    arguments = [(folder, ids, author, path) for author, path in zip(authors, found, strict=True)]
    run_together(count_what_is_new, arguments, lambda: None)

    fates = [path.read_text(encoding="utf-8").splitlines() for path in found]
    assert len(read_recorded(folder).rows) == len(ids)
    for of_one_id in zip(*fates, strict=True):
        # Whoever was first has one companion who says the same, and two who do not.
        assert Counter(of_one_id) == {"new": 1, "again": 1, "refused": 2}


def test_a_writer_killed_before_the_rename_leaves_nothing_to_read(
    workspace: Workspace, company: KnownCompany, form: PulseForm, now: datetime
) -> None:
    process = SPAWN.Process(target=die_before_the_file_is_in_place, args=(workspace, company, form, "C1", now))
    process.start()
    process.join()

    assert process.exitcode == 9
    folder = workspace.recorded / PULSES
    (left_behind,) = folder.iterdir()
    assert left_behind.name.startswith(f".{form.pulse_id}")
    assert not read_recorded(folder)

    assert record_pulse(workspace, company, form, "C1", now).is_new
    assert len(read_recorded(folder).rows) == 1
