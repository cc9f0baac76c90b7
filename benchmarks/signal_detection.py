"""How many of the sample company's planted events their signals find, how soon, and how often they ring for nothing.

Every signal is evaluated on every day of a year of the sample company, and the firings are held against the planted
truth, which no other code reads. Run it as `python benchmarks/signal_detection.py [--accounts N] [--days N] [--seed N]
[--out docs/signals.md]`; it prints the page and writes it. The same seed gives the same page. The default seed is not
that of the company on which thresholds were set.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from data_contracts.contract import source_contracts
from data_contracts.ingest import ingest_table
from data_contracts.source_files import find_source
from features.engine import DuckDBEngine
from features.signals import fired_signals, load_signals, watched_spine
from features.sources import Sources
from sample_company.generate import generate_company
from sample_company.settings import CompanySettings

AS_OF = date(2026, 6, 29)
DAYS_AT_ONCE = 28
PATIENCE_DAYS = 120
"""How long an event may take to be found; what fires later is not put down to it."""

PLAIN = {
    "champion_left": ("champion_left",),
    "sponsor_left": ("no_executive_sponsor", "executive_sponsor_left"),
    "integration_stopped": ("integration_stopped",),
    "cost_question": ("cost_question",),
}
"""Kinds of which a table holds plain evidence on one day, and the signals meant for them."""
GATHERING = {
    "module_abandoned": ("critical_module_decline",),
    "product_friction": ("ticket_spike", "escalation_open"),
    "polite_exit": ("polite_exit", "ticket_spike"),
    "gone_quiet": ("gone_quiet",),
    "opens_stopped": ("opens_stopped",),
    "budget_freeze": ("invoice_overdue", "cost_question"),
    "reorganization": ("gone_quiet", "invoice_overdue"),
    "vendor_evaluation": ("gone_quiet", "opens_stopped", "cost_question"),
}
"""Kinds of which evidence only gathers, counted from the day they began."""
HARMLESS = {
    "onboarding": ("ticket_spike", "usage_decline"),
    "automation": ("usage_decline", "critical_module_decline"),
    "value_proven": ("usage_decline",),
}
"""Kinds that mean no harm, and the signals that might mistake them for it."""
ARCHETYPES = {
    "power_user_without_budget": ("power_user_without_budget",),
    "missing_sponsor": ("no_executive_sponsor",),
}


@dataclass(frozen=True)
class Year:
    """What was watched and what fired on each day.

    Attributes:
        watched: account_id and as_of of each day on which an account was watched.
        fired: account_id, as_of and signal of each firing.
    """

    watched: pd.DataFrame
    fired: pd.DataFrame


def live_through(run_folder: Path, days: int) -> Year:
    """Evaluate all signals on each of the last days."""
    dates = [AS_OF - timedelta(days=shift) for shift in reversed(range(days))]
    watched, fired = [], []
    for first in range(0, days, DAYS_AT_ONCE):
        engine = DuckDBEngine(threads=2)
        sources = Sources.open(run_folder, engine)
        some = dates[first : first + DAYS_AT_ONCE]
        spine = watched_spine(sources, some)
        watched.append(engine.to_pandas(spine.select("account_id", "as_of").distinct(), ("account_id", "as_of")))
        rows = fired_signals(sources, some).select("account_id", "as_of", "signal").distinct()
        fired.append(engine.to_pandas(rows, ("account_id", "as_of", "signal")))
        engine.close()
        print(f"looked from {some[-1]}", file=sys.stderr)
    return Year(pd.concat(watched, ignore_index=True), pd.concat(fired, ignore_index=True))


def ingest(source: Path, run_folder: Path) -> None:
    """Bring the company's tables into a run folder."""
    done: dict[str, Path] = {}
    for name, contract in source_contracts().items():
        ingest_table(contract, find_source(source, name), AS_OF, run_folder / name, done)
        done[name] = run_folder / name / f"{name}.parquet"


def detection(year: Year, events: pd.DataFrame, signals: tuple[str, ...]) -> pd.DataFrame:
    """Return the events that could be found, each with the days from `fact_on` to the first run that shows a signal.

    Args:
        year: What fired.
        events: account_id, fact_on and last_on (the last day that still counts).
        signals: Any of these finds it.

    Returns:
        The events of accounts that were watched on the day after the fact; `days` is NaN where nothing fired in time,
        `was_on` whether one of the signals fired before already.
    """
    day = pd.Timedelta(days=1)
    watched = year.watched.rename(columns={"as_of": "look"})
    events = events.assign(look=events["fact_on"] + day).merge(watched, on=["account_id", "look"]).drop(columns="look")
    fired = year.fired[year.fired["signal"].isin(signals)][["account_id", "as_of"]].drop_duplicates()
    events = events.reset_index(drop=True).assign(event=lambda frame: frame.index)
    joined = events.merge(fired, on="account_id")
    on_time = joined[(joined["as_of"] > joined["fact_on"]) & (joined["as_of"] <= joined["last_on"])]
    first = on_time.groupby("event")["as_of"].min()
    before = joined[(joined["as_of"] <= joined["fact_on"]) & (joined["as_of"] > joined["fact_on"] - 2 * day)]
    raised_on = pd.to_datetime(first.reindex(events["event"])).to_numpy()
    days = (pd.Series(raised_on, index=events.index) - events["fact_on"]).dt.days
    return events.assign(days=days, was_on=events["event"].isin(before["event"]))


def false_alarms(year: Year, holders: set[str], signals: tuple[str, ...]) -> dict[str, float]:
    """Return how the signals behave on accounts that never had the event in the period.

    Returns:
        `accounts`: how many there are; `days_share`: share of their watched days on which one of the signals fires;
        `per_year`: stretches of firing that begin (after a week of silence) per account and year.
    """
    watched = year.watched[~year.watched["account_id"].isin(holders)]
    fired = year.fired[year.fired["signal"].isin(signals)].merge(watched, on=["account_id", "as_of"])
    fired = fired.drop_duplicates(["account_id", "as_of"]).sort_values(["account_id", "as_of"])
    gap = fired.groupby("account_id")["as_of"].diff().dt.days
    begins = (gap > 7) | (gap.isna() & (fired["as_of"] > year.watched["as_of"].min() + pd.Timedelta(days=7)))
    years = len(watched) / 365.25
    return {
        "accounts": watched["account_id"].nunique(),
        "days_share": len(fired) / max(len(watched), 1),
        "per_year": float(begins.sum()) / max(years, 1e-9),
    }


def _row(cells: list[object]) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _table(head: list[str], rows: list[list[object]]) -> list[str]:
    return [_row(list(head)), _row(["---"] * len(head)), *[_row(row) for row in rows]]


def _percent(value: float) -> str:
    return "–" if pd.isna(value) else f"{100 * value:.0f} %"


def _found(
    year: Year, truth: pd.DataFrame, kinds: dict[str, tuple[str, ...]], fact: str, slack: int
) -> list[list[object]]:
    """Return one line per kind and signal: how many were found, how soon, and how often it rings elsewhere."""
    first, last = year.watched["as_of"].min(), year.watched["as_of"].max()
    rows: list[list[object]] = []
    for kind, signals in kinds.items():
        of_kind = truth[truth["kind"] == kind]
        in_period = of_kind[
            (of_kind["started_on"] <= last) & (of_kind["ended_on"].isna() | (of_kind["ended_on"] >= first))
        ]
        events = of_kind.assign(fact_on=of_kind[fact])
        events = events[(events["fact_on"] >= first) & (events["fact_on"] < last - pd.Timedelta(days=slack))]
        last_on = events["fact_on"] + pd.Timedelta(days=PATIENCE_DAYS)
        if fact == "started_on":
            last_on = pd.concat([last_on, events["ended_on"]], axis=1).min(axis=1)
        events = events.assign(last_on=last_on)
        for some in dict.fromkeys([signals, *((signal,) for signal in signals)]):
            found = detection(year, events[["account_id", "fact_on", "last_on"]], some)
            new = found[~found["was_on"]]
            alarms = false_alarms(year, set(in_period["account_id"]), some)
            rows.append(
                [
                    kind,
                    " or ".join(some),
                    len(new),
                    _percent(new["days"].notna().mean()),
                    _percent((new["days"] <= 1).mean()),
                    "–" if new["days"].isna().all() else f"{new['days'].median():.0f}",
                    "–" if new["days"].isna().all() else f"{new['days'].quantile(0.9):.0f}",
                    int(found["was_on"].sum()),
                    _percent(alarms["days_share"]),
                    f"{alarms['per_year']:.2f}",
                ]
            )
    return rows


def _archetypes(year: Year, truth: pd.DataFrame) -> list[list[object]]:
    rows: list[list[object]] = []
    for archetype, signals in ARCHETYPES.items():
        holders = set(truth.loc[truth["archetype"] == archetype, "account_id"])
        share = []
        for is_holder in (True, False):
            watched = year.watched[year.watched["account_id"].isin(holders) == is_holder]
            fired = year.fired[year.fired["signal"].isin(signals)].merge(watched, on=["account_id", "as_of"])
            share.append(len(fired.drop_duplicates(["account_id", "as_of"])) / max(len(watched), 1))
        rows.append([archetype, " or ".join(signals), len(holders), *map(_percent, share)])
    return rows


def _frequency(year: Year) -> list[list[object]]:
    share = year.fired.groupby("signal").size() / len(year.watched)
    return [[f"`{name}`", f"{100 * share.get(name, 0.0):.1f} %"] for name in load_signals()]


def page(year: Year, events: pd.DataFrame, archetypes: pd.DataFrame, settings: CompanySettings, days: int) -> str:
    """Return the page in Markdown."""
    watched = f"{year.watched['account_id'].nunique()} accounts watched on {days} days"
    head = [
        "event",
        "signal",
        "events",
        "found",
        "within one daily run",
        "median days",
        "90 % within days",
        "rang before",
    ]
    alarms = ["share of days it rings without the event", "false alarms per account and year"]
    lines = [
        "# Signals",
        "",
        "Written by `python benchmarks/signal_detection.py`; do not edit. The declaration is `features/signals.yaml`.",
        "",
        "## What is watched",
        "",
        *_table(
            ["signal", "fires when", "severity", "calls for", "stakeholder"],
            [
                [f"`{signal.id}`", signal.condition, signal.severity, signal.action, signal.stakeholder]
                for signal in load_signals().values()
            ],
        ),
        "",
        "A signal is looked at every day and sees what was recorded before that day. One whose source is missing, or",
        'that has too little on record of an account to tell, says "not watched".',
        "",
        "## What is found of what was planted",
        "",
        f"A sample company with {settings.accounts} accounts, seed {settings.seed}: {watched}, through {AS_OF}.",
        "Thresholds were set on the default company, whose seed is another.",
        "Events count where the account was watched on the day after the fact and the signal did not ring already for",
        f"another reason (those are counted as rang before). Found means within {PATIENCE_DAYS} days. False alarms are",
        "stretches of ringing on accounts that never had the event in the period.",
        "",
        "### Facts that a table records on one day",
        "",
        "Days count from the day on which the fact was recorded; 1 is the first daily run after it.",
        "",
        *_table(head + alarms, _found(year, events, PLAIN, "recorded_on", 2)),
        "",
        "An integration's fact is its first missed day. Most integrations miss a day by chance now and then, so the",
        "signal waits until six runs are missing: a day for a busy one, a week or two for one that runs now and then.",
        "A sponsor who was replaced before anybody recorded the exit leaves no vacancy to ring for. Without a sponsor",
        "the signal rings from the first day on, so its days elsewhere are mostly accounts that never had one.",
        "",
        "### Events of which evidence only gathers",
        "",
        "Days count from the day on which it began inside the customer; what rings after it has ended does not count.",
        "Several kinds have no signal of their own; what is listed is the nearest. Low shares are what the tables",
        "hold: part of these events leave next to no trace.",
        "",
        *_table(head + alarms, _found(year, events, GATHERING, "started_on", 60)),
        "",
        "### What means no harm and may look like it",
        "",
        "Here a signal that rings is wrong.",
        "",
        *_table(head + alarms, _found(year, events, HARMLESS, "started_on", 60)),
        "",
        "### Lasting traits",
        "",
        *_table(
            ["trait", "signal", "accounts with it", "share of days it rings with", "and without"],
            _archetypes(year, archetypes),
        ),
        "",
        "### How often each rings",
        "",
        *_table(["signal", "share of all watched account-days"], _frequency(year)),
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Generate, evaluate, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=800)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--out", type=Path, default=Path("docs/signals.md"))
    arguments = parser.parse_args()
    settings = CompanySettings(accounts=arguments.accounts, seed=arguments.seed)
    with TemporaryDirectory() as name:
        folder = Path(name)
        generate_company(folder / "company", settings)
        ingest(folder / "company", folder / "run")
        year = live_through(folder / "run", arguments.days)
        truth = folder / "company" / "truth"
        events = pd.read_parquet(truth / "hidden_events.parquet")
        for column in ("started_on", "ended_on", "recorded_on"):
            events[column] = pd.to_datetime(events[column])
        archetypes = pd.read_parquet(truth / "account_archetypes.parquet")
    text = page(year, events, archetypes, settings, arguments.days)
    arguments.out.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
