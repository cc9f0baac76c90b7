"""Who may record: tokens that are shown once, kept as a hash, and taken back."""

import stat
from datetime import datetime

import pytest

from pipelines.recording.people import add_person, author_of, list_people, revoke_person
from pipelines.recording.records import RecordingError
from pipelines.workspace import Workspace

CSMS = {"C1": "Zoe Garcia", "C2": "Mei Kaya"}


def test_a_token_speaks_for_the_person_it_was_made_for(workspace: Workspace, now: datetime) -> None:
    tokens = {csm_id: add_person(workspace, csm_id, CSMS, now) for csm_id in CSMS}

    assert {csm_id: author_of(workspace, token) for csm_id, token in tokens.items()} == {"C1": "C1", "C2": "C2"}
    assert len(set(tokens.values())) == 2
    assert all(len(token) >= 43 for token in tokens.values())


def test_only_a_hash_is_kept_in_a_file_of_the_owner(workspace: Workspace, now: datetime) -> None:
    token = add_person(workspace, "C1", CSMS, now)

    assert token not in workspace.people.read_text(encoding="utf-8")
    assert stat.S_IMODE(workspace.people.stat().st_mode) == 0o600
    assert {path.name for path in workspace.root.iterdir()} == {"lake", "people.json"}


@pytest.mark.parametrize("wrong", ["x", "C1", "\udcff"])
def test_another_token_is_refused(workspace: Workspace, now: datetime, wrong: str) -> None:
    token = add_person(workspace, "C1", CSMS, now)

    for presented in (wrong, token[:-1], token + "x", list_people(workspace)[0].token_sha256):
        with pytest.raises(RecordingError, match="not on record here, or was revoked"):
            author_of(workspace, presented)
    with pytest.raises(RecordingError, match="Recording needs a token"):
        author_of(workspace, "")


def test_a_revoked_token_is_refused_and_a_new_one_can_be_made(
    workspace: Workspace, now: datetime, later: datetime
) -> None:
    old = add_person(workspace, "C1", CSMS, now)
    with pytest.raises(RecordingError, match="C1 has a token"):
        add_person(workspace, "C1", CSMS, now)

    revoke_person(workspace, "C1", later)
    with pytest.raises(RecordingError, match="revoked"):
        author_of(workspace, old)
    with pytest.raises(RecordingError, match="'C1' has no token"):
        revoke_person(workspace, "C1", later)

    assert author_of(workspace, add_person(workspace, "C1", CSMS, later)) == "C1"
    assert [(person.csm_id, person.revoked_at) for person in list_people(workspace)] == [("C1", later), ("C1", None)]


@pytest.mark.parametrize(("csm_id", "message"), [("C3", "Did you mean"), ("", "is empty"), ("a\nb", "control")])
def test_whoever_nobody_knows_gets_no_token(workspace: Workspace, now: datetime, csm_id: str, message: str) -> None:
    with pytest.raises(RecordingError, match=message):
        add_person(workspace, csm_id, CSMS, now)

    assert list_people(workspace) == ()


def test_without_a_table_of_csms_any_id_is_taken(workspace: Workspace, now: datetime) -> None:
    assert author_of(workspace, add_person(workspace, "anybody", {}, now)) == "anybody"


def test_a_file_that_was_spoilt_is_named(workspace: Workspace) -> None:
    workspace.people.write_text('{"people": 7}', encoding="utf-8")

    with pytest.raises(RecordingError, match=r"people\.json is not a list of people"):
        author_of(workspace, "token")
