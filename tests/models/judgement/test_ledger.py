"""Which look counts, whose views stand beside a judgement, and what a row of the ledger holds."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from data_contracts.contract import output_contracts
from data_contracts.expectations import check_output
from models.judgement.ledger import LEDGER_COLUMNS, SHOWN_COLUMNS, assemble_ledger
from models.settings import ModelSettings
from models.walk_forward import empty_replays

SETTINGS = ModelSettings()
DATES = ("as_of", "renewal_date", "pulse_on", "play_started_on", "decided_on")
Row = dict[str, Any]


def judgement(renewal: str, checkpoint: str, as_of: date, **columns: Any) -> Row:
    defaults: Row = {
        "account_id": "a",
        "renewal_id": renewal,
        "checkpoint": checkpoint,
        "as_of": as_of,
        "contract_id": "c",
        "renewal_date": date(2025, 1, 1),
        "term_days": 366,
        "lead_days": (date(2025, 1, 1) - as_of).days,
        "segment": "smb",
        "region": "north",
        "arr": 1000.0,
        "currency": "USD",
        "csm_id": "m",
        "owned_days": 400.0,
        "pulse_id": "p",
        "pulse_csm_id": "m",
        "pulse_on": as_of - pd.Timedelta(days=10),
        "sentiment": "red",
        "about": "renewal",
        "pulse_state": "fresh",
        "pulse_age_days": 10.0,
        "words_age_days": 40.0,
        "is_copied": True,
        "is_vague": False,
        "reason": "Champion left",
        "reason_themes": "champion",
        "champion": "gone",
        "executive_view": "neutral",
        "budget": "tight",
        "reorganization": "none",
        "value_exceeds_price": "no",
        "model_visible": "no",
        "play_started_on": None,
        "play_kind": None,
        "had_open_play": False,
        "is_churned": True,
        "is_contracted": False,
        "retained_share": 0.0,
        "decided_on": date(2024, 12, 1),
        "days_to_decision": float((date(2024, 12, 1) - as_of).days),
    }
    return defaults | columns


OPEN: Row = dict.fromkeys(["is_churned", "is_contracted", "retained_share", "decided_on", "days_to_decision"])


def judgements(*rows: Row) -> pd.DataFrame:
    return pd.DataFrame(rows)


def replays(*rows: tuple[str, date, float]) -> pd.DataFrame:
    """What past models say, `(renewal, as_of, usage view)` each; the colour is red and fresh."""
    if not rows:
        return empty_replays()
    frame = pd.DataFrame(rows, columns=["renewal_id", "as_of", "usage_view"])
    facts = {"account_id": "a", "cutoff": date(2024, 1, 1), "sentiment": "red", "pulse_state": "fresh"}
    views = {"base_rate": 0.1, "gut_view": 0.4, "churn_probability": 0.3, "calibration": "calibrated"}
    return frame.assign(**facts, **views)


def shown(*rows: tuple[str, date, float]) -> pd.DataFrame:
    """What was published, as a risk table without tiers has it."""
    frame = pd.DataFrame(rows, columns=["renewal_id", "as_of", "usage_view"])
    views = {"base_rate": 0.12, "gut_view": 0.5, "churn_probability": 0.6, "calibration": "in_cohort"}
    return frame.assign(account_id="a", **views, stance="unclear", model_version="v1")


def test_one_row_of_each_kind_in_full() -> None:
    june, july, november = date(2024, 6, 17), date(2024, 7, 1), date(2024, 11, 13)
    table = assemble_ledger(
        judgements(
            judgement("r", "180", june),
            judgement("r", "180", july),
            judgement("r", "last_pulse", november, had_open_play=None),
        ),
        replays(("r", june, 0.2), ("r", date(2024, 11, 4), 0.05), ("r", date(2024, 12, 2), 0.9)),
        shown(("r", july, 0.3)),
        SETTINGS,
    )
    day = pd.Timestamp
    said = judgement("r", "", june)
    same = {name: [said[name]] * 2 for name in LEDGER_COLUMNS if name in said and name not in DATES}
    expected = pd.DataFrame(
        same
        | {
            "checkpoint": ["180", "last_pulse"],
            "renewal_date": [day("2025-01-01")] * 2,
            "as_of": [day(july), day(november)],
            "lead_days": [184, 49],
            "look_on": [day(july), day("2024-11-04")],
            "pulse_on": [day("2024-06-21"), day("2024-11-03")],
            "base_rate": [0.12, 0.1],
            "usage_view": [0.3, 0.05],
            "gut_view": [0.5, 0.4],
            "churn_probability": [0.6, 0.3],
            "calibration": ["in_cohort", "calibrated"],
            "stance": ["unclear", "disagree"],
            "risk_tier": [None, None],
            "prediction_source": ["published", "replayed"],
            "model_version": ["v1", None],
            "play_started_on": [pd.NaT, pd.NaT],
            "had_open_play": [False, None],
            "decided_on": [day("2024-12-01")] * 2,
            "days_to_decision": [153, 18],
            "view_distance": [np.log(0.5 / 0.5) - np.log(0.3 / 0.7), np.nan],
            "who_was_right": ["person", None],
        }
    )[list(LEDGER_COLUMNS)]
    pd.testing.assert_frame_equal(
        table.astype(object).where(table.notna(), None), expected.astype(object).where(expected.notna(), None)
    )
    check_output(output_contracts()["judgement_ledger"], table)


@pytest.mark.parametrize(
    ("replayed", "published", "expected"),
    [
        # Of the looks that were published the newest counts, and none that was not.
        ([date(2024, 7, 1)], [date(2024, 6, 10), date(2024, 6, 17)], (date(2024, 6, 17), "published")),
        ([date(2024, 6, 17)], [date(2024, 6, 17)], (date(2024, 6, 17), "published")),
        ([date(2024, 6, 17)], [], (date(2024, 6, 17), "replayed")),
        ([], [], (date(2024, 7, 1), None)),
    ],
)
def test_the_look_that_counts(replayed: list[date], published: list[date], expected: tuple[date, str | None]) -> None:
    looks = sorted({date(2024, 7, 1), *replayed, *published}) if not replayed else sorted({*replayed, *published})
    table = assemble_ledger(
        judgements(*(judgement("r", "180", look) for look in looks)),
        replays(*(("r", look, 0.2) for look in replayed)),
        shown(*(("r", look, 0.3) for look in published)),
        SETTINGS,
    )
    assert table["as_of"].dt.date.tolist() == [expected[0]]
    assert table["prediction_source"].astype(object).where(table["prediction_source"].notna(), None).tolist() == [
        expected[1]
    ]
    assert table["look_on"].notna().tolist() == [expected[1] is not None]


@pytest.mark.parametrize(
    ("replayed", "published", "look_on"),
    [
        ([date(2024, 11, 4), date(2024, 11, 14)], [], date(2024, 11, 4)),
        ([date(2024, 11, 13)], [date(2024, 10, 21), date(2024, 10, 28)], date(2024, 10, 28)),
        # What was published more than four weeks before is no longer what people were shown.
        ([date(2024, 11, 4)], [date(2024, 10, 14)], date(2024, 11, 4)),
        ([], [date(2024, 9, 9)], date(2024, 9, 9)),
        ([], [], None),
    ],
)
def test_the_views_beside_a_last_pulse(replayed: list[date], published: list[date], look_on: date | None) -> None:
    table = assemble_ledger(
        judgements(judgement("r", "last_pulse", date(2024, 11, 13))),
        replays(*(("r", look, 0.2) for look in replayed), ("other", date(2024, 11, 13), 0.2)),
        shown(*(("r", look, 0.3) for look in published)),
        SETTINGS,
    )
    assert len(table) == 1
    assert table["look_on"].isna().item() if look_on is None else table["look_on"].item().date() == look_on
    assert table["usage_view"].notna().item() == (look_on is not None)


def test_what_has_no_outcome_is_there_only_where_it_was_published() -> None:
    june = date(2024, 6, 17)
    rows = [judgement(name, checkpoint, june, **OPEN) for name in ("r", "s") for checkpoint in ("180", "last_pulse")]
    table = assemble_ledger(judgements(*rows), replays(), shown(("s", june, 0.3)), SETTINGS)
    assert table[["renewal_id", "checkpoint"]].to_numpy().tolist() == [["s", "180"]]
    assert table[list(OPEN)].isna().all(axis=None)


def test_a_tier_that_was_shown_is_kept() -> None:
    june = date(2024, 6, 17)
    published = shown(("r", june, 0.3)).assign(risk_tier="high")
    table = assemble_ledger(judgements(judgement("r", "180", june)), replays(), published, SETTINGS)
    assert table["risk_tier"].tolist() == ["high"]


def test_without_a_judgement_there_is_a_ledger_without_rows() -> None:
    none = judgements(judgement("r", "180", date(2024, 6, 17))).head(0)
    table = assemble_ledger(none, empty_replays(), pd.DataFrame(columns=list(SHOWN_COLUMNS)), SETTINGS)
    assert tuple(table.columns) == LEDGER_COLUMNS == output_contracts()["judgement_ledger"].column_names
    assert table.empty
    check_output(output_contracts()["judgement_ledger"], table)


def test_rows_stand_by_renewal_and_falling_lead_time_whatever_their_order() -> None:
    rows = [
        judgement(name, checkpoint, as_of)
        for name in ("s", "r")
        for checkpoint, as_of in (
            ("90", date(2024, 9, 9)),
            ("last_pulse", date(2024, 11, 13)),
            ("180", date(2024, 6, 17)),
        )
    ]
    past = replays(*((name, date(2024, 6, 17), 0.2) for name in ("r", "s")))
    tables = [
        assemble_ledger(judgements(*(rows[place] for place in order)), past, shown(), SETTINGS)
        for order in (range(6), np.random.default_rng(1).permutation(6))
    ]
    assert tables[0][["renewal_id", "checkpoint"]].to_numpy().tolist() == [
        [name, checkpoint] for name in ("r", "s") for checkpoint in ("180", "90", "last_pulse")
    ]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


def test_nobody_was_right_where_no_fresh_colour_stood_or_nothing_is_decided() -> None:
    look = date(2024, 7, 1)
    rows = [judgement("old", "180", look, pulse_state="stale"), judgement("open", "180", look, **OPEN)]
    views = shown(("old", look, 0.3), ("open", look, 0.3))
    table = assemble_ledger(judgements(*rows), replays(), views, SETTINGS).set_index("renewal_id")
    assert table["who_was_right"].isna().all()
    assert np.isnan(table.loc["old", "view_distance"])
    assert table.loc["open", "view_distance"] > 0
