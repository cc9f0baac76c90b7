from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from models.actions import called_for
from models.explanation import explain
from models.learning import LearningData
from models.risk_table import RISK_COLUMNS, Week, assemble_account_risk
from models.settings import ModelSettings, WeeklySettings
from models.training import TrainingResult

NO_REASONS = pd.DataFrame()
FACTS = {
    "account_name": "Acme",
    "segment": "small",
    "region": "north",
    "csm_id": "m1",
    "csm_name": "Ada",
    "crm_id": None,
    "crm_url": None,
    "auto_renew": True,
    "notice_deadline": date(2024, 4, 1),
    "currency": "USD",
    "last_pulse_on": date(2023, 12, 1),
    "last_pulse_reason": "All is well",
    "last_touch_on": date(2023, 12, 28),
    "last_touch_kind": "meeting",
    "next_meeting_on": date(2024, 1, 9),
    "open_play_since": None,
    "customer_since": date(2023, 5, 1),
    "has_usage": True,
    "last_usage_on": date(2023, 12, 31),
    "others_usage_on": date(2023, 12, 31),
    "contacts_in_place": 2,
}
NO_SIGNALS = pd.DataFrame(
    columns=[
        "account_id",
        "renewal_id",
        "signal",
        "started_on",
        "ended_on",
        "severity",
        "title",
        "evidence",
        "action",
        "stakeholder",
    ]
)


def scores_of(snapshots: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    defaults: dict[str, Any] = {"usage_view": 0.1, "gut_view": 0.1, "base_rate": 0.1, "calibration": "calibrated"}
    defaults |= {"probability_low": 0.05, "probability_high": 0.4}
    defaults |= {"contraction_probability": 0.06, "expected_retained_share": 0.85}
    return snapshots[["account_id", "renewal_id", "as_of"]].assign(**(defaults | columns))


def changes_of(snapshots: pd.DataFrame) -> pd.DataFrame:
    rows = snapshots[["account_id", "renewal_id", "as_of"]]
    return rows.assign(probability_change=0.05, change_reason="Usage halved (a week ago: 100 %)")


@pytest.fixture
def assemble(trained: TrainingResult) -> Callable[..., pd.DataFrame]:
    def make(
        snapshots: pd.DataFrame,
        scores: pd.DataFrame,
        reasons: pd.DataFrame = NO_REASONS,
        before: pd.DataFrame | None = None,
    ) -> pd.DataFrame:
        return assemble_account_risk(
            snapshots.assign(**{name: value for name, value in FACTS.items() if name not in snapshots}),
            scores,
            reasons,
            changes_of(snapshots),
            trained.model,
            ModelSettings(),
            Week(signals=NO_SIGNALS, before=before, unsupplied=(), settings=WeeklySettings()),
            knowledge_dates="recorded",
            notice="observed",
        )

    return make


def test_rows_stand_in_the_order_in_which_they_are_worked(
    snapshot_rows: Callable[..., pd.DataFrame], assemble: Callable[..., pd.DataFrame]
) -> None:
    rows = snapshot_rows(
        account_id=["a", "b", "c", "d", "e", "f", "g"],
        status=["open", "already_renewed", "known_loss", "open", "overdue", "open", "open"],
        band=["90-180", "90-180", "0-89", "beyond", "overdue", "0-89", "0-89"],
        renewal_date=[date(2024, 5, 1)] * 5 + [date(2024, 3, 1)] * 2,
        arr=[1000.0, 500.0, 300.0, 100.0, 200.0, 10.0, 333.333],
    )
    scores = scores_of(rows, churn_probability=[0.3, None, None, None, 0.2, 0.3, 0.5])

    table = assemble(rows, scores)

    assert tuple(table.columns) == RISK_COLUMNS
    assert table["account_id"].tolist() == ["e", "g", "f", "a", "c", "d", "b"]
    assert table["expected_arr_loss"].fillna(-1).tolist() == [40.0, 166.67, 3.0, 300.0, 300.0, -1.0, 0.0]
    assert table["horizon"].tolist() == ["overdue", "0-89", "0-89", "90-180", "0-89", "beyond", "90-180"]


def test_one_row_in_full(
    snapshot_rows: Callable[..., pd.DataFrame], assemble: Callable[..., pd.DataFrame], trained: TrainingResult
) -> None:
    rows = snapshot_rows(account_id=["a"], sentiment=["green"], pulse_state=["fresh"], pulse_age_days=[31.0])
    reasons = pd.DataFrame(
        {
            "account_id": ["a", "a"],
            "renewal_id": ["r0", "r0"],
            "as_of": pd.to_datetime(["2024-01-01"] * 2).as_unit("us"),
            "rank": [1, 2],
            "contribution": [0.8, -0.1],
            "sentence": ["Usage halved", "The pulse stands at green"],
            "action": ["Ask the champion", None],
            "stakeholder": ["champion", None],
        }
    )
    before = pd.DataFrame(
        {
            "account_id": ["a"],
            "renewal_id": ["r0"],
            "risk_tier": ["elevated"],
            "calibration": ["calibrated"],
            "weeks_in_tier": [3],
        }
    )
    table = assemble(rows, scores_of(rows, usage_view=0.2, churn_probability=0.25), reasons, before)

    day = pd.Timestamp
    expected = {
        "account_id": "a",
        "account_name": "Acme",
        "segment": "smb",
        "region": "north",
        "csm_id": "m",
        "csm_name": "Ada",
        "crm_id": None,
        "crm_url": None,
        "renewal_id": "r0",
        "as_of": day("2024-01-01"),
        "renewal_date": day("2024-05-01"),
        "lead_days": 121,
        "horizon": "90-180",
        "auto_renew": True,
        "notice_deadline": day("2024-04-01"),
        "days_to_notice": 91,
        "status": "open",
        "usage_view": 0.2,
        "gut_view": 0.1,
        "churn_probability": 0.25,
        "probability_low": 0.05,
        "probability_high": 0.4,
        "probability_change": 0.05,
        "base_rate": 0.1,
        "contraction_probability": 0.06,
        "expected_retained_share": 0.85,
        "arr": 1000.0,
        "currency": "USD",
        "expected_arr_loss": 250.0,
        "calibration": "calibrated",
        "sentiment": "green",
        "pulse_state": "fresh",
        "pulse_age_days": 31,
        "last_pulse_on": day("2023-12-01"),
        "last_pulse_reason": "All is well",
        "risk_tier": "elevated",
        "tier_previous": "elevated",
        "weeks_in_tier": 4,
        "stance": "disagree",
        "policy": "stacked",
        "capacity_rank": 1,
        "is_within_capacity": True,
        "top_reason": "Usage halved",
        "change_reason": "Usage halved (a week ago: 100 %)",
        "action": "Trust the CSM, and find out this week with the champion why usage looks risky.",
        "stakeholder": "champion",
        "action_reason": "The pulse is green while usage looks risky",
        "action_due_on": day("2024-01-08"),
        "last_touch_on": day("2023-12-28"),
        "last_touch_kind": "meeting",
        "next_meeting_on": day("2024-01-09"),
        "open_play_since": None,
        "data_confidence": "high",
        "data_confidence_why": "All that is watched is on record and recent.",
        "knowledge_dates": "recorded",
        "notice": "observed",
        "trained_through": day(trained.model.trained_through),
        "model_version": trained.model.version,
    }
    assert table.astype(object).where(table.notna(), None).to_dict("records") == [expected]


def test_what_is_unknown_stays_unknown(
    snapshot_rows: Callable[..., pd.DataFrame], assemble: Callable[..., pd.DataFrame]
) -> None:
    rows = snapshot_rows(account_id=["a"]).assign(
        auto_renew=None, notice_deadline=None, last_pulse_on=None, last_pulse_reason=None, csm_name=None
    )
    table = assemble(rows, scores_of(rows, churn_probability=0.1))
    unknown = [
        "auto_renew",
        "notice_deadline",
        "days_to_notice",
        "pulse_age_days",
        "last_pulse_on",
        "top_reason",
        "csm_name",
    ]
    assert table[unknown].isna().all(axis=None)
    assert table["stance"].tolist() == ["unclear"]


def test_scores_and_reasons_of_a_model_fit_in(
    company: LearningData, trained: TrainingResult, assemble: Callable[..., pd.DataFrame]
) -> None:
    now = company.open_at(company.through)
    reasons = called_for(explain(trained.model, now))
    table = assemble(now, trained.model.score(now), reasons)
    assert len(table) == len(now)
    assert table["top_reason"].notna().all()
    assert table["churn_probability"].is_monotonic_decreasing
    assert set(table["stance"]) == {"disagree", "agree_on_risk", "agree_on_health", "unclear"}
    mixed = assemble(now.sample(frac=1.0, random_state=8), trained.model.score(now), reasons)
    pd.testing.assert_frame_equal(mixed, table, check_exact=True)
