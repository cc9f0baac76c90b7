"""Does the forecast's ARR due agree with the renewals table, to the cent?

Counted by another path than the forecast's: straight from the run's files, in SQL and decimals, without the code that
cuts by date, places renewals in periods or adds up. Two ways to one figure, so that a slip in either shows.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb
import pandas as pd

from data_contracts.contract import source_contracts
from features.dues import STATUSES
from models.forecast.periods import AHEAD_QUARTERS
from models.forecast.table import EVERY, LEVELS
from pipelines.tables import read_table

_COUNTED: Final = """
WITH versions AS (
    SELECT renewal_id, account_id, contract_id, renewal_date, arr, currency, outcome, recorded_at,
        FALSE AS is_set_aside, coalesce(decided_on < $as_of, FALSE) AS is_decided,
        coalesce(notice_given_on < $as_of, FALSE) AS is_lost
    FROM read_parquet($renewals)
    {quarantine}
), newest AS (
    SELECT * FROM versions WHERE recorded_at IS NULL OR recorded_at < $as_of
    QUALIFY renewal_id IS NULL OR row_number() OVER (
        PARTITION BY renewal_id
        ORDER BY recorded_at DESC NULLS LAST, is_set_aside, renewal_date, arr, currency, contract_id
    ) = 1
), due AS (
    SELECT *, coalesce(account_id, renewal_id, uuid()::VARCHAR) AS whose,
        CASE WHEN renewal_date < $as_of AND NOT (is_decided OR is_lost OR is_set_aside) THEN $as_of
            ELSE renewal_date END AS counts_on
    FROM newest WHERE NOT (is_decided AND outcome IS NOT DISTINCT FROM 'superseded')
), counted AS (
    SELECT *, date_trunc(kind, counts_on)::DATE AS period_start FROM due, (VALUES ('month'), ('quarter')) AS kinds(kind)
    QUALIFY row_number() OVER (
        PARTITION BY kind, period_start, whose, contract_id ORDER BY renewal_date, renewal_id
    ) = 1
)
SELECT kind, period_start, currency, sum(coalesce(arr, 0)) AS arr_due, count(*) AS renewals_due,
    sum(CASE WHEN is_set_aside THEN coalesce(arr, 0) ELSE 0 END) AS arr_quarantined
FROM counted
WHERE period_start >= date_trunc('quarter', $as_of)
    AND period_start < date_trunc('quarter', $as_of) + to_months(3 * ($ahead + 1))
GROUP BY ALL
"""
# Rows in quarantine are text; what cannot be read or is negative is null, and without a date belongs to no period.
_SET_ASIDE: Final = """UNION ALL
    SELECT renewal_id, account_id, coalesce(contract_id, account_id), TRY_CAST(renewal_date AS DATE),
        CASE WHEN TRY_CAST(arr AS DECIMAL(18, 2)) >= 0 THEN TRY_CAST(arr AS DECIMAL(18, 2)) END,
        coalesce(currency, $currency), outcome, TRY_CAST(recorded_at AS TIMESTAMP), TRUE, TRUE, FALSE
    FROM read_parquet($quarantine)"""
_PERIOD: Final = ["period_kind", "period_start", "currency"]
_ADDITIVE: Final = ("arr_due", "expected_churned_arr", "expected_contracted_arr", "expected_retained_arr")
_OUTCOMES: Final = ("expected_churned_arr", "expected_contracted_arr", "expected_retained_arr", "arr_quarantined")


def reconcile(run_folder: Path, as_of: date) -> list[str]:
    """Hold a run's forecast to its renewals.

    Args:
        run_folder: The run's folder, with the renewals and the forecast in it.
        as_of: The date.

    Returns:
        One sentence per disagreement: ARR due, its quarantined part and the number of renewals per period and currency
        against the renewals table; the parts of the ARR due and the expectations against their whole in every row; and
        every level against the total. None, if all is well.
    """
    forecast = read_table(run_folder / "renewal_forecast" / "renewal_forecast.parquet")
    totals = forecast[forecast["level"] == "total"].set_index(_PERIOD)
    counted = _count(run_folder / "renewals", as_of).set_index(_PERIOD)
    found = []
    for period in sorted(set(totals.index) | set(counted.index)):
        for name in ("arr_due", "arr_quarantined", "renewals_due"):
            said, is_so = (frame[name].get(period, Decimal(0)) for frame in (totals, counted))
            if said != is_so:
                found.append(f"{_in_words(period)}: {name} is {said} in the forecast and {is_so} in the renewals.")
    return [*found, *_parts_that_do_not_add_up(forecast), *_levels_that_do_not_add_up(forecast)]


def _count(folder: Path, as_of: date) -> pd.DataFrame:
    """What is due per period and currency, counted in the run's files."""
    contract = source_contracts()["renewals"]
    quarantine = folder / "quarantine.parquet"
    values = {"as_of": as_of, "ahead": AHEAD_QUARTERS, "renewals": str(folder / "renewals.parquet")}
    if quarantine.is_file():
        values |= {"quarantine": str(quarantine), "currency": contract.column("currency").default or ""}
    query = _COUNTED.format(quarantine=_SET_ASIDE if quarantine.is_file() else "")
    with duckdb.connect() as connection:
        rows = connection.execute(query, values).fetchall()
    columns = [*_PERIOD, "arr_due", "renewals_due", "arr_quarantined"]
    return pd.DataFrame.from_records(rows, columns=columns)


def _parts_that_do_not_add_up(forecast: pd.DataFrame) -> list[str]:
    """Rows whose parts are not their ARR due, or whose expectations are not."""
    found = []
    for parts in ([f"arr_{status}" for status in STATUSES], list(_OUTCOMES)):
        summed = sum((forecast[name] for name in parts[1:]), forecast[parts[0]])
        wrong = forecast[summed != forecast["arr_due"]]
        found += [f"{_in_words(row)}: {' + '.join(parts)} is not arr_due." for row in _places(wrong)]
    return found


def _levels_that_do_not_add_up(forecast: pd.DataFrame) -> list[str]:
    """Levels whose rows are not the total of their period."""
    found = []
    sums = forecast.groupby([*_PERIOD, "level"])[list(_ADDITIVE)].agg(_exact_sum)
    for level in LEVELS:
        of_level = sums.xs(level, level="level") if level in forecast["level"].to_numpy() else sums.head(0)
        total = sums.xs("total", level="level") if len(sums) else sums
        wrong = [
            period for period in total.index if not of_level.reindex(total.index).loc[period].equals(total.loc[period])
        ]
        found += [f"{_in_words(period)}: the rows by {level} do not add up to the total." for period in wrong]
    return found


def _exact_sum(values: pd.Series) -> Decimal:
    return sum(values, Decimal(0))


def _places(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(rows[[*_PERIOD, "level", "segment", "region", "csm_id"]].itertuples(index=False, name=None))


def _in_words(place: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in place if part != EVERY)
