"""The weekly risk table: the facts of each renewal beside its scores, in the order in which people work through it.

Joins and wording only. Nothing is scored or fitted here, and a column that no builder fills yet is absent, never faked.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

from models.actions import weekly_actions
from models.churn_model import ChurnModel
from models.data_confidence import data_confidence
from models.explanation import top_reasons
from models.learning import KEY, as_timestamp, with_dates
from models.policy import policy_probability, risk_tiers
from models.settings import ModelSettings, WeeklySettings
from models.stance import stances
from models.tier_history import tier_history
from models.worklist import list_places

RISK_COLUMNS: Final = (
    "account_id",
    "account_name",
    "segment",
    "region",
    "csm_id",
    "csm_name",
    "crm_id",
    "crm_url",
    "renewal_id",
    "as_of",
    "renewal_date",
    "lead_days",
    "horizon",
    "auto_renew",
    "notice_deadline",
    "days_to_notice",
    "status",
    "usage_view",
    "gut_view",
    "churn_probability",
    "probability_low",
    "probability_high",
    "probability_change",
    "base_rate",
    "contraction_probability",
    "expected_retained_share",
    "arr",
    "currency",
    "expected_arr_loss",
    "calibration",
    "sentiment",
    "pulse_state",
    "pulse_age_days",
    "last_pulse_on",
    "last_pulse_reason",
    "risk_tier",
    "tier_previous",
    "weeks_in_tier",
    "stance",
    "policy",
    "capacity_rank",
    "is_within_capacity",
    "top_reason",
    "change_reason",
    "action",
    "stakeholder",
    "action_reason",
    "action_due_on",
    "last_touch_on",
    "last_touch_kind",
    "next_meeting_on",
    "open_play_since",
    "data_confidence",
    "data_confidence_why",
    "knowledge_dates",
    "notice",
    "trained_through",
    "model_version",
)
DATES: Final = (
    "as_of",
    "renewal_date",
    "notice_deadline",
    "last_pulse_on",
    "last_touch_on",
    "next_meeting_on",
    "open_play_since",
    "customer_since",
    "last_usage_on",
    "others_usage_on",
)
PLACES: Final = {"overdue": 0, "open": 1, "known_loss": 2, "already_renewed": 4}
"""What comes first: what is past its date, then what can still be won by its risk, then what is lost, then what is
settled."""
PLACE_UNSCORED: Final = 3


@dataclass(frozen=True, slots=True)
class Week:
    """What else is known of the week that a table is made for.

    Attributes:
        signals: Episodes of the signals as of the same date.
        before: `account_risk` as first published for the week before; None where there was none.
        unsupplied: Source tables without which features are missing.
        settings: What the table calls soon, late and little.
    """

    signals: pd.DataFrame
    before: pd.DataFrame | None
    unsupplied: tuple[str, ...]
    settings: WeeklySettings


def assemble_account_risk(
    snapshots: pd.DataFrame,
    scores: pd.DataFrame,
    reasons: pd.DataFrame,
    changes: pd.DataFrame,
    model: ChurnModel,
    settings: ModelSettings,
    week: Week,
    *,
    knowledge_dates: Literal["recorded", "assumed"],
    notice: Literal["observed", "unobserved"],
) -> pd.DataFrame:
    """Puts the risk table together.

    Args:
        snapshots: The spine's columns, the pulse facts and the account facts of one as-of date.
        scores: What `ChurnModel.score` made of them.
        reasons: What `explain` made of them, with what each calls for; see `actions.called_for`.
        changes: What moved of each renewal; see `movement`.
        model: The model, for its date and version.
        settings: Thresholds of stance and tiers, and the policy in force.
        week: Signals, the table of the week before, and what is missing.
        knowledge_dates: Whether the sources say when each row was known.
        notice: Whether the source says when notice was given.

    Returns:
        `RISK_COLUMNS`. Dates are `datetime64[us]`, whole numbers `Int64`, `auto_renew` is `boolean`, money is rounded
        to cents. Rows are in working order: overdue, open by falling probability, known losses, too far to be scored,
        renewed; ties by the sooner renewal date, then by key.
    """
    table = with_dates(snapshots, DATES).merge(
        with_dates(scores, ("as_of",)), on=KEY, how="left", validate="one_to_one"
    )
    reason = (
        top_reasons(reasons)
        if len(reasons)
        else pd.DataFrame(columns=[*KEY, "top_reason"]).astype({"as_of": "datetime64[us]"})
    )
    for part in (reason, with_dates(changes, ("as_of",))):
        table = table.merge(part, on=KEY, how="left", validate="one_to_one")
    table["stance"] = stances(table, table, settings)
    base = table["base_rate"].to_numpy(dtype=np.float64)
    table = table.assign(
        risk_tier=risk_tiers(policy_probability(settings.policy, table), base, settings),
        horizon=table["band"],
        lead_days=table["lead_days"].astype("Int64"),
        pulse_age_days=table["pulse_age_days"].astype("Int64"),
        days_to_notice=(table["notice_deadline"] - table["as_of"]).dt.days.astype("Int64"),
        auto_renew=table["auto_renew"].astype("boolean"),
        arr=table["arr"].astype(np.float64).round(2),
        expected_arr_loss=_expected_loss(table),
        policy=settings.policy,
        knowledge_dates=knowledge_dates,
        notice=notice,
        trained_through=as_timestamp(model.trained_through),
        model_version=model.version,
    )
    parts = (
        tier_history(table, week.before),
        list_places(table, settings),
        weekly_actions(table, reasons, week.signals, week.settings),
        data_confidence(table, week.unsupplied, week.settings),
    )
    return _in_working_order(pd.concat([table, *parts], axis=1))[list(RISK_COLUMNS)]


def _expected_loss(table: pd.DataFrame) -> pd.Series:
    """Probability times ARR, everything for a known loss, nothing for what is renewed; NaN where unscored."""
    arr = table["arr"].astype(np.float64)
    probability = table["churn_probability"].mask(table["status"] == "known_loss", 1.0)
    return (probability.mask(table["status"] == "already_renewed", 0.0) * arr).round(2)


def _in_working_order(table: pd.DataFrame) -> pd.DataFrame:
    place = table["status"].map(PLACES)
    place = place.mask((table["status"] == "open") & table["churn_probability"].isna(), PLACE_UNSCORED)
    ordered = table.assign(_place=place, _falling=-table["churn_probability"])
    return ordered.sort_values(["as_of", "_place", "_falling", "renewal_date", *KEY], ignore_index=True)
