"""The registry in a terminal: versions, comparisons, decisions, and from what a run was made. Fits 80 columns.

Only layout and wording; figures are those on record, or of walks that are on record.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.evaluation import DIFFERENCE, evaluate
from models.settings import HEADLINE_BAND, ModelSettings
from models.walk_comparison import all_rows_in_common
from pipelines.decisions import Decision, Standing, read_decisions, was_carried_out
from pipelines.mlflow_store import CHAMPION
from pipelines.rebuilding import Memory, Rebuilt
from pipelines.registry import ListedModel, find_champion, find_version, list_models
from pipelines.text_display import print_section, print_wrapped, printable
from pipelines.tracking import load_contestant

STANDINGS: dict[Standing, str] = {
    "champion": "in charge",
    "served": "was in charge",
    "past": "for its own past only",
    "withdrawn": "rolled back",
    "refused": "refused",
    "unsettled": "never settled: its training was interrupted",
}
ACTIONS = {"training": "trained by", "promotion": "put in charge by", "rollback": "rolled back by"}
VERDICTS = {"promoted": "takes over", "refused": "refused", "past": "past only", "rolled_back": "rolled back"}
_COMPARED = {"roc_auc": "AUC", "brier_score": "Brier score", "brier_skill": "Brier skill"}


def print_models(console: Console, folder: Path) -> None:
    """Print every version, the newest first.

    Raises:
        RegistryError: If there is none.
        StoreError: If the store cannot be used.
    """
    listed = list_models(folder)
    print_wrapped(console, f"{len(listed)} version{'s' if len(listed) > 1 else ''} of the model", style="bold")
    heading = f"{'no.':>4} {'through':<10} {'recipe':<12} {'kind':<9} {'alias':<10} {'AUC':>5} {'skill':>6}"
    console.print(Text(heading, style="dim"), soft_wrap=True)
    for each in listed:
        style = "bold" if CHAMPION in each.aliases else ""
        console.print(Text(_line(each), style=style), soft_wrap=True)
        print_wrapped(console, _fate(each), mark="     ")
        print_wrapped(console, f"model {each.model.model_version}, run {each.model.run_id}", mark="     ", style="dim")
    print_wrapped(
        console,
        f"AUC and Brier skill against the base rate: {HEADLINE_BAND} days ahead, walking forward, each over its own "
        "cut-offs. `falsegreen models compare` puts two versions on identical rows.",
        style="dim",
    )


def print_comparison(console: Console, folder: Path, first: int, second: int) -> None:
    """Print two versions side by side on the rows that both walks have, per horizon.

    Raises:
        RegistryError: If a version does not exist.
        ModelFilesError: If a walk cannot be read.
    """
    versions = [find_version(folder, number) for number in (first, second)]
    walks = [load_contestant(folder, version).predictions for version in versions]
    newer = versions[0].trained_through > versions[1].trained_through
    rows = all_rows_in_common(*walks, outcomes_of_first=newer)
    recipes = "the same recipe" if versions[0].recipe == versions[1].recipe else "different recipes"
    print_wrapped(
        console,
        f"Version {first} (through {versions[0].trained_through}) and version {second} (through "
        f"{versions[1].trained_through}), {recipes}",
        style="bold",
    )
    if rows.empty:
        print_wrapped(console, "Their walks have no row in common, so nothing can be said of which is better.")
        return
    metrics = evaluate(
        rows, ModelSettings(), models=("base_rate", "first", "second"), compared=(("second", "first"),), slices=()
    )
    for band in sorted(metrics["band"].unique(), key=lambda band: (band != HEADLINE_BAND, band)):
        console.print(_band(band, metrics[metrics["band"] == band], first, second))
    print_wrapped(
        console,
        "Each walked as it was registered; identical rows. With 95 % intervals from resampling accounts; the "
        "difference is paired, and settled where its interval is clear of zero.",
        style="dim",
    )


def print_change(console: Console, decision: Decision) -> None:
    """Say which version is in charge now."""
    before = "no version was" if decision.from_version is None else f"version {decision.from_version} was"
    print_wrapped(console, f"Version {decision.to_version} is in charge now; {before} before.")
    print_wrapped(console, f"On record as decision {decision.number}, by {decision.who}: {decision.reason}")


def print_decisions(console: Console, folder: Path) -> None:
    """Print every decision on record, the newest first.

    Raises:
        DecisionError: If a record cannot be read.
        StoreError: If the store cannot be used.
    """
    decisions = read_decisions(folder)
    champion = find_champion(folder)
    if not decisions:
        print_wrapped(console, "No decision is on record.")
    for decision in reversed(decisions):
        title = (
            f"{decision.number}. {decision.decided_at:%Y-%m-%d %H:%M} UTC: version {decision.version} "
            f"{ACTIONS[decision.action]} {decision.who}, {VERDICTS[decision.verdict]}"
        )
        print_wrapped(console, title, style="bold")
        print_wrapped(console, f"champion {step_in_words(decision)}; recipe {_recipes(decision)}", mark="   ")
        print_wrapped(console, decision.reason, mark="   ")
        for line in evidence_in_words(decision):
            print_wrapped(console, line, mark="   - ", style="dim")
        if not was_carried_out(decisions, decision.number, champion.number if champion else None):
            print_wrapped(console, "Not carried out: the process ended before the alias moved.", mark="   ! ")


def print_reproduction(console: Console, memory: Memory, rebuilt: Rebuilt | None) -> None:
    """Say from what a run was made, what is different here, and whether making it again gave the same model."""
    facts, model = memory.facts, memory.model
    code, packages = facts["code"], facts["packages"]
    print_section(
        console,
        f"Run {model.run_id}: version {model.number}, model {model.model_version}",
        [
            f"data: everything recorded before {model.trained_through}; sources {_hashes(facts['data']['sources'])}",
            f"learning data: {_hashes(facts['data']['learning_data'])}",
            f"code: falsegreen {code['falsegreen'] or '(not installed)'}, commit {code['commit'] or 'unknown'}, "
            f"sources {code['sources'][:12]}",
            f"recipe: {model.recipe}; seed {facts['seed']}",
            f"lock: {(packages['lock'] or 'none')[:12]}, {packages['distributions']} installed distributions "
            f"{packages['installed'][:12]}",
            f"python {facts['python']} on {facts['machine']}",
        ],
    )
    here = (
        "Different here: " + ", ".join(memory.differing) if memory.differing else "Code and packages are the same here"
    )
    print_wrapped(console, f"{here}.")
    if rebuilt is None:
        print_wrapped(console, "With --source DIR it is made again and compared.", style="dim")
        return
    data = (
        "Different data: " + ", ".join(rebuilt.differing) if rebuilt.differing else "The data are the same to the byte"
    )
    print_wrapped(console, f"{data}.")
    same = rebuilt.model_version == model.model_version
    verdict = "the same model to the bit" if same else f"another model, {rebuilt.model_version}"
    print_wrapped(console, f"Made again: {verdict}.", style="bold")


def _line(listed: ListedModel) -> str:
    model = listed.model
    auc, skill = (_number(listed, name) for name in ("roc_auc", "brier_skill"))
    return (
        f"{model.number:>4} {model.trained_through} {model.recipe or '-':<12} {model.kind:<9} "
        f"{', '.join(sorted(listed.aliases)) or '-':<10} {auc:>5} {skill:>6}"
    )


def _number(listed: ListedModel, metric: str) -> str:
    value = listed.figures.get(f"churn_probability.{HEADLINE_BAND}.{metric}")
    return "-" if value is None else f"{value:.3f}"


def _fate(listed: ListedModel) -> str:
    standing = STANDINGS[listed.standing]
    if listed.decision is None:
        return f"{standing}."
    if listed.standing == "champion" and listed.decision.verdict == "rolled_back":
        standing = f"{standing} again, since version {listed.decision.from_version} was rolled back"
    return f"{standing}. {printable(listed.decision.reason)}"


def _band(band: str, rows: pd.DataFrame, first: int, second: int) -> Table:
    head = rows.iloc[0]
    table = Table(
        title=f"{band}: {head['churns']} of {head['renewals']} renewals churned, {head['cutoffs']} cut-offs",
        title_justify="left",
        padding=(0, 0),
        pad_edge=False,
    )
    table.add_column("", no_wrap=True)
    for title in _COMPARED.values():
        table.add_column(title, justify="right")
    by_place = {(row["model"], row["metric"]): row for row in rows.to_dict("records")}
    for model, title in (("base_rate", "base rate"), ("first", f"version {first}"), ("second", f"version {second}")):
        table.add_row(title, *(_figure(by_place.get((model, metric))) for metric in _COMPARED))
    differences = (by_place.get(("second", f"{metric}{DIFFERENCE}first")) for metric in _COMPARED)
    table.add_row(f"{second} less {first}", *(_figure(row, signed=True) for row in differences))
    return table


def _figure(row: dict[Hashable, Any] | None, *, signed: bool = False) -> str:
    """A figure and below it its interval."""
    if row is None or pd.isna(row["value"]):
        return "-"
    sign = "+" if signed else ""
    value = f"{row['value']:{sign}.4f}"
    return value if pd.isna(row["low"]) else f"{value}\n{row['low']:{sign}.4f} to {row['high']:{sign}.4f}"


def step_in_words(decision: Decision) -> str:
    """Who was in charge before a decision, and who is after it."""
    before = "none" if decision.from_version is None else f"version {decision.from_version}"
    if decision.to_version == decision.from_version:
        return f"stays {before}"
    return f"from {before} to version {decision.to_version}"


def _recipes(decision: Decision) -> str:
    same = decision.from_recipe in (None, decision.recipe)
    return f"{decision.recipe}" if same else f"{decision.recipe} (was {decision.from_recipe})"


def evidence_in_words(decision: Decision) -> list[str]:
    """The figures that a decision rests on, a line each."""
    lines = [
        f"{found['population']}: Brier {found['challenger']:.5f} against {found['champion']:.5f}, difference "
        f"{found['value']:+.5f} ({found['low']:+.5f} to {found['high']:+.5f}), base rate {found['base_rate']:.5f}; "
        f"{found['churns']} of {found['renewals']} renewals churned, {found['cutoffs']} cut-offs"
        for found in decision.figures.get("differences", [])
    ]
    if check := decision.figures.get("calibration"):
        lines.append(
            f"calibration: slope {check['slope']:.2f} ({check['slope_low']:.2f} to {check['slope_high']:.2f}), shift "
            f"{check['shift']:+.2f} ({check['shift_low']:+.2f} to {check['shift_high']:+.2f})"
        )
    return lines + [f"leak: {leak}" for leak in decision.figures.get("leaks", [])]


def _hashes(tables: dict[str, str | None]) -> str:
    return ", ".join(f"{table} {sha[:8] if sha else 'absent'}" for table, sha in tables.items())
