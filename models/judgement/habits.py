"""How pulses are given: what a reader of colours has to know before taking them at their word.

Data quality, in neutral words: a habit has many reasons, most of them good ones. Nothing here enters a score, and
people are named only where that is configured.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from models.evaluation import account_draws, percentile_interval
from models.judgement.csm_record import PEOPLE_CHECKPOINT, own_calls, people_shown
from models.judgement.judged import COLOURS, SHOWN_DECIMALS, Judged
from models.learning import FloatArray
from models.metrics import Ranking, ratio, roc_auc
from models.settings import JudgementSettings, ModelSettings

HABIT_COLUMNS: Final = ("habit", "csm_id", "value", "low", "high", "pulses", "is_notable", "sentence")
TEAM: Final = ""
"""Stands for everybody in the column `csm_id`."""
NOTABLE_INFLATION: Final = 0.02
"""Share by which green has to grow in a year, at the lower end of the interval, to be worth a look."""
NOTABLE_SHARE: Final = 0.1
"""Share of pulses given in one sitting before a review from which it is worth a look."""
NOTABLE_COPIES: Final = 0.2
"""Share of reasons that repeat the one before."""
EXPECTED_REDS: Final = 5.0
"""Reds that a person's number of pulses would hold at the team's share, from which none at all is worth a look."""
BULK, COPIES, VAGUE, NEVER_RED = "sittings_before_review", "copied_reasons", "empty_reasons", "never_red"
INFLATION, HINDSIGHT, IN_VIEW = "green_growth_per_year", "red_after_loss", "score_in_view"
_DAYS_OF_YEAR: Final = 365.25


def pulse_habits(
    log: pd.DataFrame,
    losses: pd.DataFrame,
    ledger: pd.DataFrame,
    settings: JudgementSettings,
    resampling: ModelSettings,
) -> pd.DataFrame:
    """What stands out in how pulses are given.

    Args:
        log: See `features.pulse_log.build_pulse_log`.
        losses: See `features.pulse_log.build_losses`.
        ledger: The judgement ledger.
        settings: Limits, level, whether people may be named.
        resampling: Seed and number of resamples of accounts.

    Returns:
        `HABIT_COLUMNS`, sorted by habit and person. `is_notable` says that the figure passes its limit.
    """
    if log.empty:
        return pd.DataFrame(columns=list(HABIT_COLUMNS))
    shown = _people_shown(ledger, settings, resampling) if settings.show_people else []
    rows = [
        _green_growth(log, settings, resampling),
        *_of_everybody(log, shown, settings),
        _never_red(log, shown),
        *_red_after_loss(log, losses, settings),
        *_score_in_view(ledger, settings, resampling),
    ]
    table = pd.DataFrame.from_records(rows, columns=list(HABIT_COLUMNS))
    table[["value", "low", "high"]] = table[["value", "low", "high"]].astype("float64").round(SHOWN_DECIMALS)
    return table.sort_values(["habit", "csm_id"], ignore_index=True)


def _green_growth(log: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings) -> tuple[object, ...]:
    """Change of the share of green in a year: the slope of a least squares line over the pulses' dates."""
    days = (pd.to_datetime(log["pulse_on"]) - pd.Timestamp("2000-01-01")).dt.days.to_numpy(dtype=np.float64)
    years = (days - days.mean()) / _DAYS_OF_YEAR
    is_green = np.asarray(log["sentiment"] == "green", dtype=np.float64)
    ones = np.ones((1, len(log)))
    slopes = np.concatenate(
        [_slope(years, is_green, weights) for weights in (ones, *account_draws(log["account_id"], resampling))]
    )
    value, (low, high) = float(slopes[0]), percentile_interval(slopes[1:], settings.interval_level)
    grows = "grows" if value >= 0 else "falls"
    sentence = (
        f"The share of green {grows} by {100 * abs(value):.1f} points a year "
        f"({100 * low:+.1f} to {100 * high:+.1f}). Compare it with how many renewals were lost in that time."
    )
    return INFLATION, TEAM, value, low, high, len(log), bool(low > NOTABLE_INFLATION), sentence


def _slope(years: FloatArray, is_green: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted least squares slope, shape (draws,)."""
    total = weights.sum(axis=1)
    middle, share = ratio(weights @ years, total), ratio(weights @ is_green, total)
    cross = ratio(weights @ (years * is_green), total) - middle * share
    return ratio(cross, ratio(weights @ years**2, total) - middle**2)


def _of_everybody(log: pd.DataFrame, shown: list[str], settings: JudgementSettings) -> Iterator[tuple[object, ...]]:
    """Shares of pulses, of the team and of single people where they may be named."""
    written_on = pd.to_datetime(log["recorded_on"])
    quarter_end = written_on.dt.to_period("Q").dt.end_time.dt.normalize()
    at_one_sitting = log.groupby([log["csm_id"].fillna(""), written_on])["pulse_id"].transform("size")
    is_tidied = (at_one_sitting >= settings.bulk_pulses) & ((quarter_end - written_on).dt.days < settings.review_days)
    words = {
        BULK: (
            is_tidied,
            NOTABLE_SHARE,
            f"of pulses were given {settings.bulk_pulses} or more at a sitting in the last {settings.review_days} days "
            "of a quarter. What is written for a review may be older than its date.",
        ),
        COPIES: (
            log["is_copied"],
            NOTABLE_COPIES,
            "of pulses repeat the words of the one before. Their age is counted from the first.",
        ),
        VAGUE: (log["is_vague"], NOTABLE_COPIES, "of pulses give no reason, or one that says nothing."),
    }
    for habit, (is_so, limit, sentence) in words.items():
        values = is_so.astype(bool)
        share = float(values.mean())
        yield _share_row(habit, TEAM, share, len(log), limit, f"{share:.0%} {sentence}")
        for csm in shown:
            own = values[log["csm_id"] == csm]
            if len(own):
                share = float(own.mean())
                yield _share_row(habit, csm, share, len(own), limit, f"{share:.0%} {sentence}")


def _people_shown(ledger: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings) -> list[str]:
    """Those of whom anything may be said: with enough decided calls of their own."""
    if ledger.empty:
        return []
    at_checkpoint = ledger[ledger["checkpoint"] == PEOPLE_CHECKPOINT]
    return people_shown(own_calls(Judged.of(at_checkpoint, settings, resampling)))


def _share_row(habit: str, csm: str, share: float, pulses: int, limit: float, sentence: str) -> tuple[object, ...]:
    return habit, csm, share, np.nan, np.nan, pulses, share > limit, sentence


def _never_red(log: pd.DataFrame, shown: list[str]) -> tuple[object, ...]:
    """People who gave many pulses and no red."""
    reds = (log["sentiment"] == "red").groupby(log["csm_id"]).agg(["size", "sum"])
    team_share = float((log["sentiment"] == "red").mean())
    silent = reds[(reds["sum"] == 0) & (reds["size"] * team_share >= EXPECTED_REDS)]
    names = [str(csm) for csm in silent.index if str(csm) in shown]
    named = f": {', '.join(names)}" if names else ""
    sentence = (
        f"{len(silent)} of {len(reds)} people have never given a red, where {EXPECTED_REDS:.0f} or more would be usual "
        f"for so many pulses{named}."
    )
    return NEVER_RED, TEAM, float(len(silent)), np.nan, np.nan, len(log), bool(len(silent)), sentence


def _red_after_loss(
    log: pd.DataFrame, losses: pd.DataFrame, settings: JudgementSettings
) -> Iterator[tuple[object, ...]]:
    """Lost renewals whose colour turned red only once the loss was known."""
    if losses.empty:
        return
    pulses = log[["account_id", "pulse_id", "pulse_on", "recorded_on", "sentiment"]].copy()
    pulses["recorded_on"] = pd.to_datetime(pulses["recorded_on"])
    dated = losses.assign(lost_on=pd.to_datetime(losses["lost_on"]))
    pairs = dated.merge(pulses, on="account_id").sort_values(["account_id", "renewal_id", "pulse_on", "pulse_id"])
    pairs = pairs[pd.to_datetime(pairs["pulse_on"]) >= pd.to_datetime(pairs["term_start_date"])]
    after_days = (pairs["recorded_on"] - pairs["lost_on"]).dt.days
    key = ["account_id", "renewal_id"]
    before = pairs[after_days < 0].groupby(key)["sentiment"].last()
    turned = pairs[after_days.between(0, settings.hindsight_days)].groupby(key)["sentiment"].agg(_has_red)
    bright = before[before != "red"]
    late = int(turned.reindex(bright.index, fill_value=False).sum())
    if not len(before):
        return
    sentence = (
        f"Of {len(before)} lost renewals with a pulse before the loss was known, {len(bright)} were not red by then; "
        f"{late} of these turned red within {settings.hindsight_days} days after. Such pulses count for nobody."
    )
    share = late / len(before)
    yield HINDSIGHT, TEAM, share, np.nan, np.nan, len(pairs), share > NOTABLE_SHARE, sentence


def _has_red(colours: pd.Series) -> bool:
    return bool((colours == "red").any())


def _score_in_view(
    ledger: pd.DataFrame, settings: JudgementSettings, resampling: ModelSettings
) -> Iterator[tuple[object, ...]]:
    """Whether colours that were given with the score in view follow it more than those given blind.

    The chance that of two renewals the one above the base rate by usage has the worse colour, in view minus blind. By
    usage, since the combined view has heard the colour.
    """
    if ledger.empty:
        return
    rows = ledger[
        ledger["sentiment"].notna() & ledger["usage_view"].notna() & (ledger["checkpoint"] == PEOPLE_CHECKPOINT)
    ]
    rows = rows[rows["model_visible"].isin(["yes", "no"])].reset_index(drop=True)
    in_view = np.asarray(rows["model_visible"] == "yes", dtype=bool)
    if min(int(in_view.sum()), int((~in_view).sum())) < settings.minimum_calls:
        return
    levels = np.array([COLOURS.index(colour) for colour in rows["sentiment"]], dtype=np.float64)
    risky = np.asarray(rows["usage_view"] > rows["base_rate"], dtype=np.float64)
    weights = np.concatenate([np.ones((1, len(rows))), *account_draws(rows["account_id"], resampling)])
    agreement = [roc_auc([Ranking.of(levels[mask], risky[mask], weights[:, mask])]) for mask in (in_view, ~in_view)]
    difference = agreement[0] - agreement[1]
    value, (low, high) = float(difference[0]), percentile_interval(difference[1:], settings.interval_level)
    follows = low > 0
    sentence = (
        f"Colours agree with usage in {agreement[0][0]:.0%} of pairs where the score was in view and in "
        f"{agreement[1][0]:.0%} where it was not; the difference, {100 * low:+.0f} to {100 * high:+.0f} points, "
        + ("says that they follow it: such a colour is no second opinion." if follows else "may be chance.")
    )
    yield IN_VIEW, TEAM, value, low, high, len(rows), bool(follows), sentence
