"""The usage features as one would write them in pandas: date by date, filter what was known, group it.

A yardstick for `features.usage`, held to the same definitions and compared with it value by value. Strings are read as
categories, without which the filters and the grouping take several times as long.
"""

import pandas as pd
import pyarrow.parquet as pq

PAST_DAYS = 112
WINDOWS = range(4)
MOMENT = ["account_id", "as_of"]


def read_usage(path: str) -> pd.DataFrame:
    """Return the usage table with its strings as categories and its dates as instants."""
    table = pq.read_table(path, read_dictionary=["account_id", "user_id", "module"])
    usage = table.to_pandas(date_as_object=False)
    return usage.astype({"usage_date": "datetime64[us]"})


def usage_features(usage: pd.DataFrame, entitlements: pd.DataFrame, moments: pd.DataFrame) -> pd.DataFrame:
    """Return the usage features of each moment.

    Args:
        usage: As read by `read_usage`.
        entitlements: The ingested table.
        moments: Unique rows of `account_id` and `as_of`.
    """
    first_recorded = usage.groupby("account_id", observed=True).recorded_at.min()
    used = usage[usage.events > 0]
    old_on = (used.usage_date + pd.Timedelta(days=PAST_DAYS - 7)).where(
        lambda day: day > used.recorded_at, used.recorded_at
    )
    first_past = old_on.groupby(used.account_id, observed=True).min()
    parts = []
    for as_of, due in moments.groupby("as_of"):
        is_known = (usage.recorded_at < as_of) & (usage.usage_date < as_of)
        known = usage[is_known & (usage.usage_date >= as_of - pd.Timedelta(days=PAST_DAYS))]
        accounts = pd.Index(due.account_id[due.account_id.map(first_recorded) < as_of].sort_values())
        granted = entitlements[(entitlements.recorded_at < as_of) & (entitlements.valid_from <= as_of)]
        granted = granted.sort_values(["valid_from", "recorded_at"]).drop_duplicates(
            ["account_id", "module"], keep="last"
        )
        settled = accounts[accounts.map(first_past) < as_of]
        part = features_at(known.assign(ago=(as_of - known.usage_date).dt.days), granted, accounts, settled)
        parts.append(part.assign(as_of=as_of))
    measured = pd.concat(parts).rename_axis("account_id").reset_index()
    return moments.merge(measured, on=MOMENT, how="left").sort_values(MOMENT, ignore_index=True)


def features_at(known: pd.DataFrame, granted: pd.DataFrame, accounts: pd.Index, settled: pd.Index) -> pd.DataFrame:
    """Return the features of some accounts from what was known at one date, indexed by account.

    The settled among them have a past.
    """
    known = known.assign(window=(known.ago - 1) // 28)
    users = summed(known, "user_id", "window").reindex(columns=WINDOWS, fill_value=0)
    by_account = pd.DataFrame({f"w{n}": users[n].groupby(level=0).sum() for n in WINDOWS})
    for n in WINDOWS:
        by_account[f"u{n}"] = (users[n] > 0).groupby(level=0).sum()
    by_account["top"] = users[0].groupby(level=0).max()
    by_account["stayed"] = ((users[0] > 0) & (users[1] > 0)).groupby(level=0).sum()
    by_account["new"] = ((users[0] > 0) & (users[[1, 2, 3]].sum(axis=1) == 0)).groupby(level=0).sum()
    frame = by_account.join([days_at(known), modules_at(known, granted)], how="outer").reindex(accounts)
    frame["seats"] = granted.groupby("account_id").seats.max()
    frame["has_critical"] = frame.index.isin(critical_of(granted).account_id)
    frame["has_past"] = frame.index.isin(settled)
    return ratios(frame.astype("float64"))


def summed(known: pd.DataFrame, key: str, column: str) -> pd.DataFrame:
    """Return the events of each account and key, one column per value of another."""
    sums = known.groupby(["account_id", key, column], observed=True).events.sum()
    wide = sums.unstack(column, fill_value=0)
    return wide.set_axis(wide.index.set_levels(wide.index.levels[0].astype("str"), level=0), axis=0)


def days_at(known: pd.DataFrame) -> pd.DataFrame:
    """Return recency, active days and weeks, and what a straight line through sixteen weeks needs."""
    days = known.groupby(["account_id", "ago"], observed=True).events.sum().reset_index()
    days = days[days.events > 0].astype({"account_id": "str"})
    days = days.assign(week=15 - (days.ago - 1) // 7, is_new=days.ago <= 28)
    days["week_events"] = days.week * days.events
    return days.groupby("account_id").agg(
        last=("ago", "min"),
        first=("ago", "max"),
        days=("is_new", "sum"),
        weeks=("week", "nunique"),
        week_events=("week_events", "sum"),
        events=("events", "sum"),
    )


def modules_at(known: pd.DataFrame, granted: pd.DataFrame) -> pd.DataFrame:
    """Return how many modules are in use or dropped, and the use of the critical ones."""
    by_window = summed(known, "module", "window").reindex(columns=WINDOWS, fill_value=0)
    modules = pd.DataFrame({"new": by_window[0], "past": by_window[[1, 2, 3]].sum(axis=1)}).reset_index()
    critical = critical_of(granted)
    modules = modules.astype({"module": "str"}).merge(critical.assign(critical=1.0), how="left")
    modules["in_use"] = modules.new > 0
    modules["dropped"] = (modules.new == 0) & (modules.past > 0)
    modules["critical_new"], modules["critical_past"] = modules.new * modules.critical, modules.past * modules.critical
    sums = modules.groupby("account_id")
    counts = sums[["in_use", "dropped"]].sum()
    return counts.join(sums[["critical_new", "critical_past"]].sum(min_count=1))


def critical_of(granted: pd.DataFrame) -> pd.DataFrame:
    """Return the renewal-critical modules of each account."""
    return granted[granted.is_renewal_critical.fillna(False).astype(bool)][["account_id", "module"]]


def over(part: pd.Series, whole: pd.Series) -> pd.Series:
    """Return a ratio, null where there is nothing to divide by."""
    return part / whole.where(whole > 0)


def ratios(f: pd.DataFrame) -> pd.DataFrame:
    """Return the features from exact sums; trends are null until the account's past covers the windows."""
    has_past = f.has_past > 0
    slope = 16 * (16 * f.week_events - 120 * f.events) / (5440 * f.events)
    used = f.w0.fillna(0) > 0
    return pd.DataFrame(
        {
            "usage__events_28d": f.w0.fillna(0),
            "usage__events_per_user_28d": (f.w0 / f.u0).where(used),
            "usage__active_days_28d": f.days.fillna(0),
            "usage__days_since_last": f["last"].fillna(PAST_DAYS),
            "usage__events_trend_ratio": over(3 * f.w0, f.w1 + f.w2 + f.w3).where(has_past),
            "usage__events_half_ratio": over(f.w0 + f.w1, f.w2 + f.w3).where(has_past),
            "usage__weekly_slope_share": slope.where(has_past),
            "usage__idle_weeks_112d": ((f["first"] - 1) // 7 + 1 - f.weeks).fillna(16),
            "usage__active_users_28d": f.u0.fillna(0),
            "usage__active_users_trend_ratio": over(3 * f.u0, f.u1 + f.u2 + f.u3).where(has_past),
            "usage__lapsed_users_share": ((f.u1 - f.stayed) / f.u1).where(f.u1 > 0),
            "usage__new_users_share": (f.new / f.u0).where(has_past & used),
            "usage__top_user_share": (f.top / f.w0).where(used),
            "usage__seat_use_ratio": f.u0.fillna(0) / f.seats,
            "usage__active_modules_28d": f.in_use.fillna(0),
            "usage__dropped_modules_count": f.dropped.fillna(0),
            "usage__critical_events_28d": f.critical_new.fillna(0).where(f.has_critical > 0),
            "usage__critical_trend_ratio": over(3 * f.critical_new, f.critical_past).where(has_past),
        }
    )
