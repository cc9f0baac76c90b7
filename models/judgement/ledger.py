"""The judgement ledger: per renewal and checkpoint what the CSM said, what the models said, and what came of it.

Only puts together what was recorded at the time. What had been said is made in `features/judgements.py`, what past
models say in `models/walk_forward.py`; calibration, skill and whoever was right are computed from the ledger elsewhere.
"""

from typing import Final

import pandas as pd

from features.judgements import LAST_PULSE
from features.spine import GRID_DAYS
from models.judgement.overrides import distance_of, who_was_right
from models.learning import KEY, with_dates
from models.settings import ModelSettings
from models.stance import stances

PUBLISHED: Final = "published"
REPLAYED: Final = "replayed"
FRESH: Final = "fresh"
"""Only a fresh colour is set against what usage says."""

_RENEWAL = ["account_id", "renewal_id"]
LEDGER_KEY: Final = (*_RENEWAL, "checkpoint")
VIEW_COLUMNS: Final = (
    "base_rate",
    "usage_view",
    "gut_view",
    "churn_probability",
    "calibration",
    "stance",
    "risk_tier",
    "prediction_source",
    "model_version",
)
LEDGER_COLUMNS: Final = (
    *LEDGER_KEY,
    "contract_id",
    "renewal_date",
    "term_days",
    "as_of",
    "lead_days",
    "look_on",
    "segment",
    "region",
    "arr",
    "currency",
    "csm_id",
    "owned_days",
    "pulse_id",
    "pulse_csm_id",
    "pulse_on",
    "sentiment",
    "about",
    "pulse_state",
    "pulse_age_days",
    "words_age_days",
    "is_copied",
    "is_vague",
    "reason",
    "reason_themes",
    "champion",
    "executive_view",
    "budget",
    "reorganization",
    "value_exceeds_price",
    "model_visible",
    *VIEW_COLUMNS,
    "play_started_on",
    "play_kind",
    "had_open_play",
    "is_churned",
    "is_contracted",
    "retained_share",
    "decided_on",
    "days_to_decision",
    "view_distance",
    "who_was_right",
)
SHOWN_COLUMNS: Final = (*KEY, *(name for name in VIEW_COLUMNS if name != "prediction_source"))
"""What is taken over of a published risk table, where it has it."""
_DATES = ("as_of", "renewal_date", "pulse_on", "play_started_on", "decided_on")
_WHOLE_NUMBERS = ("term_days", "lead_days", "owned_days", "pulse_age_days", "words_age_days", "days_to_decision")
_FLAGS = ("is_copied", "is_vague", "had_open_play", "is_churned", "is_contracted")


def assemble_ledger(
    judgements: pd.DataFrame, replays: pd.DataFrame, shown: pd.DataFrame, settings: ModelSettings
) -> pd.DataFrame:
    """Puts the ledger together.

    At `180` and `90` one look counts: of those that were published the newest, for that is what people were shown, else
    the one of the training grid. Beside a `last_pulse` stand the views of the newest look at or before its date, a
    published one of the 28 days before it first.

    Args:
        judgements: What had been said at each look; see `features.judgements.build_judgements`.
        replays: What past models say of the looks of the training grid; see `Walk`.
        shown: `SHOWN_COLUMNS` of what was published of open renewals, the first revision of each date.
        settings: Thresholds of the stance of what is replayed.

    Returns:
        `LEDGER_COLUMNS`, sorted by renewal and by falling lead time. A renewal without a known outcome is there only
        where it was looked at in public; one with an outcome also where no model had been fitted yet, without views.
    """
    judgements = with_dates(judgements, _DATES)
    views = _views(replays, shown, settings)
    is_last = judgements["checkpoint"] == LAST_PULSE
    looks = judgements[~is_last].merge(views.assign(look_on=views["as_of"]), on=KEY, how="left", validate="one_to_one")
    looks = looks[looks["is_churned"].notna() | (looks["prediction_source"] == PUBLISHED)]
    last = judgements[is_last & judgements["is_churned"].notna()]
    chosen = (_newest_look(looks), _with_newest_view(last, views))
    ledger = pd.concat([part for part in chosen if len(part)] or [looks.head(0)], ignore_index=True)
    whole = dict.fromkeys(_WHOLE_NUMBERS, "Int64") | dict.fromkeys(_FLAGS, "boolean")
    order = [*_RENEWAL, "lead_days", "checkpoint"]
    is_set_against = (ledger["checkpoint"] != LAST_PULSE) & (ledger["pulse_state"] == FRESH)
    ledger = ledger.assign(
        view_distance=pd.Series(distance_of(ledger), index=ledger.index).where(is_set_against),
        who_was_right=pd.Series(who_was_right(ledger), index=ledger.index).where(is_set_against, None),
    )
    ledger = ledger.sort_values(order, ascending=[True, True, False, True], ignore_index=True)
    return ledger[list(LEDGER_COLUMNS)].astype(whole)


def _views(replays: pd.DataFrame, shown: pd.DataFrame, settings: ModelSettings) -> pd.DataFrame:
    """One row per look that a model spoke at; what was published stands for what was replayed of the same date."""
    replayed = replays.assign(
        stance=stances(replays, replays, settings), risk_tier=None, model_version=None, prediction_source=REPLAYED
    )
    published = shown.reindex(columns=list(SHOWN_COLUMNS)).assign(prediction_source=PUBLISHED)
    parts = [with_dates(part, ("as_of",))[[*KEY, *VIEW_COLUMNS]] for part in (published, replayed)]
    # An empty part would have a say in the types of the others.
    views = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    return views.drop_duplicates(KEY, keep="first")


def _newest_look(looks: pd.DataFrame) -> pd.DataFrame:
    """The look that counts of each renewal and checkpoint."""
    ranked = looks.assign(_is_replayed=looks["prediction_source"] != PUBLISHED)
    ranked = ranked.sort_values([*LEDGER_KEY, "_is_replayed", "lead_days"])
    return ranked.drop_duplicates(list(LEDGER_KEY)).drop(columns="_is_replayed")


def _with_newest_view(last: pd.DataFrame, views: pd.DataFrame) -> pd.DataFrame:
    """The last pulses, each with what the models said of its renewal when it was given."""
    seen = last[KEY].merge(views.rename(columns={"as_of": "look_on"}), on=_RENEWAL)
    seen = seen[seen["look_on"] <= seen["as_of"]]
    is_recent = seen["look_on"] > seen["as_of"] - pd.Timedelta(days=GRID_DAYS)
    ranked = seen.assign(_is_shown=is_recent & (seen["prediction_source"] == PUBLISHED))
    ranked = ranked.sort_values([*KEY, "_is_shown", "look_on"], ascending=[True, True, True, False, False])
    newest = ranked.drop_duplicates(KEY).drop(columns="_is_shown")
    return last.merge(newest, on=KEY, how="left", validate="one_to_one")
