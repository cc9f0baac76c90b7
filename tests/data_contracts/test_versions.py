"""When each version was superseded, by what stands and by what was set aside."""

import pytest

VERSIONS = ("2025-01-02T08:00:00", "2025-02-02T08:00:00", "2025-03-02T08:00:00")


@pytest.fixture
def states(renewals):
    """One renewal, recorded three times."""
    return [renewals[0] | {"recorded_at": at} for at in VERSIONS]


def successors(company, table="renewals", key="renewal_id"):
    when = "strftime(recorded_at, '%Y-%m-%d'), superseded_at::VARCHAR"
    return [row[1:] for row in company.rows(table, f"{key}, {when}") if row[0] in ("R000", "A1")]


def test_a_version_ends_when_the_next_one_is_recorded(company, states, renewals):
    company.write("renewals", [*reversed(states), *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [
        ("2025-01-02", "2025-02-02 08:00:00"),
        ("2025-02-02", "2025-03-02 08:00:00"),
        ("2025-03-02", None),
    ]


def test_a_version_that_was_set_aside_ends_the_one_before_it(company, states, renewals):
    states[1]["arr"] = "-1"
    company.write("renewals", [*states, *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [("2025-01-02", "2025-02-02 08:00:00"), ("2025-03-02", None)]


@pytest.mark.parametrize("text", ["2025-02-02T10:00:00+02:00", "2025-02-02 08:00", "2025-02-02T08:00:00Z"])
def test_the_instant_of_what_was_set_aside_is_read_like_any_other(company, states, renewals, text):
    states[1] |= {"arr": "-1", "recorded_at": text}
    company.write("renewals", [*states[:2], *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [("2025-01-02", "2025-02-02 08:00:00")]


def test_versions_that_contradict_each_other_end_the_one_before_them(company, states, renewals):
    states[2] |= {"recorded_at": VERSIONS[1], "arr": "77.00"}
    company.write("renewals", [*states, *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [("2025-01-02", "2025-02-02 08:00:00")]


def test_what_stands_follows_what_was_set_aside_at_the_same_instant(company, states, renewals):
    states[2] |= {"recorded_at": VERSIONS[1], "arr": "-1"}
    company.write("renewals", [*states, *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [("2025-01-02", "2025-02-02 08:00:00"), ("2025-02-02", None)]


def test_what_does_not_say_when_it_was_recorded_ends_nothing(company, states, renewals):
    states[1] |= {"recorded_at": "", "arr": "-1"}
    company.write("renewals", [*states[:2], *renewals[1:]])
    company.ingest("renewals")
    assert successors(company) == [("2025-01-02", None)]


def test_a_state_holds_until_another_one_does(company, accounts):
    contradicting = [accounts[0] | {"recorded_at": "2025-05-01", "segment": segment} for segment in ("small", "large")]
    company.write("accounts", [*accounts, *contradicting])
    report = company.ingest("accounts")
    assert report.rows_quarantined == 2
    assert successors(company, "accounts", "account_id") == [("2024-01-01", None)]
