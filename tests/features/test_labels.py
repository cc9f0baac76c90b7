"""What may be learned from a snapshot, and from when on."""

from collections.abc import Callable
from datetime import date

import pandas as pd
import pytest

from features.labels import LABEL_KEY, label_snapshots
from features.sources import Sources
from features.spine import build_spine

MakeSources = Callable[..., Sources]
SEEN = date(2024, 9, 2)


def labels_of(sources: Sources, cutoffs: list[date], seen: date = SEEN) -> pd.DataFrame:
    labels = label_snapshots(build_spine(sources, [seen]), sources, cutoffs)
    return sources.engine.to_pandas(labels, LABEL_KEY)


def cutoffs_of(labels: pd.DataFrame) -> list[tuple[date, date]]:
    return list(zip(labels.first_cutoff.dt.date, labels.last_cutoff.dt.date, strict=True))


def decided(outcome: str, on: str = "2024-12-20", recorded: str = "2024-12-21", **more: object) -> dict[str, object]:
    return {"outcome": outcome, "decided_on": on, "recorded_at": recorded, **more}


def test_a_label_exists_sixty_days_after_the_renewal_date_however_early_the_decision(make_sources: MakeSources) -> None:
    sources = make_sources(renewals=[{}, decided("churned", on="2024-09-20", recorded="2024-09-21")])
    # 2025-01-01 + 60 days is 2025-03-02.
    labels = labels_of(sources, [date(2024, 12, 1), date(2025, 3, 2), date(2025, 3, 3)])
    assert cutoffs_of(labels) == [(date(2025, 3, 3), date(2025, 3, 3))]
    assert bool(labels.is_churned[0])
    assert labels.days_to_decision[0] == 18


def test_an_outcome_recorded_after_the_cutoff_is_still_open_at_it(make_sources: MakeSources) -> None:
    sources = make_sources(renewals=[{}, decided("renewed", recorded="2025-04-01", renewed_arr="1000.00")])
    labels = labels_of(sources, [date(2025, 3, 10), date(2025, 4, 1), date(2025, 4, 2)])
    assert cutoffs_of(labels) == [(date(2025, 4, 2), date(2025, 4, 2))]


def test_a_label_lasts_for_as_long_as_the_outcome_is_told_in_the_same_way(make_sources: MakeSources) -> None:
    lost, kept = decided("churned"), decided("renewed", renewed_arr="1000.00")
    versions = [{}, lost, {**kept, "recorded_at": "2025-06-10"}, {**lost, "recorded_at": "2025-08-10"}]
    cutoffs = [date(2025, month, 1) for month in range(1, 13)]
    # Written anew without a change.
    again = {**lost, "recorded_at": "2025-10-10"}
    labels = labels_of(make_sources(renewals=[*versions, again]), cutoffs)
    assert cutoffs_of(labels) == [
        (date(2025, 4, 1), date(2025, 6, 1)),
        (date(2025, 7, 1), date(2025, 8, 1)),
        (date(2025, 9, 1), date(2025, 12, 1)),
    ]
    assert list(labels.is_churned) == [True, False, True]


@pytest.mark.parametrize(("renewed_arr", "contracted"), [("899.99", True), ("900.00", False), ("1500.00", False)])
def test_contraction_is_renewing_at_more_than_a_tenth_less(
    make_sources: MakeSources, renewed_arr: str, contracted: bool
) -> None:
    sources = make_sources(renewals=[{}, decided("renewed", renewed_arr=renewed_arr)])
    labels = labels_of(sources, [date(2025, 6, 2)])
    assert list(labels.is_contracted) == [contracted]
    assert list(labels.retained_share) == [min(float(renewed_arr) / 1000, 1.0)]


def test_contracts_merged_into_one_are_held_against_their_sum(make_sources: MakeSources) -> None:
    other = {"renewal_id": "r2", "contract_id": "k2", "arr": "500.00"}
    sources = make_sources(
        renewals=[
            {"contract_id": "k1"},
            {"contract_id": "k1", **decided("renewed", renewed_arr="1300.00", successor_renewal_id="r9")},
            other,
            {**other, **decided("superseded", successor_renewal_id="r9")},
        ]
    )
    labels = labels_of(sources, [date(2025, 6, 2)])
    assert list(labels.renewal_id) == ["r1"]
    assert list(labels.is_contracted) == [True]
    assert labels.retained_share[0] == pytest.approx(1300 / 1500)


def test_known_losses_are_nothing_to_learn_from(make_sources: MakeSources) -> None:
    noticed = {"notice_given_on": "2024-08-01", "recorded_at": "2024-08-02"}
    sources = make_sources(renewals=[{}, noticed, {**noticed, **decided("churned")}])
    assert labels_of(sources, [date(2025, 6, 2)]).empty


@pytest.mark.parametrize(
    ("notice", "decision", "learned"),
    [("2024-09-01", "2024-12-20", False), ("2024-09-02", "2024-12-20", True), (None, "2024-09-01", False)],
)
def test_what_had_fallen_before_the_look_teaches_nothing_even_if_it_was_booked_later(
    make_sources: MakeSources, notice: str | None, decision: str, learned: bool
) -> None:
    booked = decided("churned", on=decision, recorded="2024-12-21", notice_given_on=notice)
    labels = labels_of(make_sources(renewals=[{}, booked]), [date(2025, 6, 2)])
    assert len(labels) == learned


def months(*outcomes: str | None) -> list[dict[str, object]]:
    """Return a monthly contract from September 2024 on, each term decided at its end."""
    rows: list[dict[str, object]] = []
    for number, outcome in enumerate(outcomes):
        start, end = (pd.Timestamp("2024-09-01") + pd.DateOffset(months=number + extra) for extra in (0, 1))
        term = {"renewal_id": f"m{number}", "term_start_date": f"{start:%F}", "renewal_date": f"{end:%F}"}
        rows.append({**term, "recorded_at": f"{start:%F}"})
        if outcome:
            rows.append(
                {**term, **decided(outcome, on=f"{end:%F}", recorded=f"{end:%F}T12:00:00", renewed_arr="1000.00")}
            )
    return rows


@pytest.mark.parametrize(
    ("outcomes", "churned"),
    [
        (("renewed",) * 6, [False]),
        (("renewed", "renewed", "churned"), [True]),
        # Undecided within the window and not lost: nobody knows yet.
        (("renewed", "renewed", None), []),
        # The loss of the seventh month lies beyond 180 days.
        ((*("renewed",) * 6, "churned"), [False]),
    ],
)
def test_a_short_term_contract_is_lost_if_any_renewal_within_180_days_is(
    make_sources: MakeSources, outcomes: tuple[str | None, ...], churned: list[bool]
) -> None:
    labels = labels_of(
        make_sources(renewals=months(*outcomes)), [date(2025, 4, 30), date(2025, 5, 1)], seen=date(2024, 9, 2)
    )
    assert list(labels.is_churned) == churned
    # 2024-09-02 + 180 + 60 days is 2025-04-30: not yet at that cut-off, at the next.
    assert cutoffs_of(labels) == [(date(2025, 5, 1), date(2025, 5, 1))] * len(churned)
