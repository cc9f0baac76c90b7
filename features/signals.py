"""All signals: their declaration, the dispatch to the rule of each, and the forms in which they are asked for.

What fires when is in `signal_rules/`; how firings become episodes in `signal_episodes.py`; what a signal has meant for
past renewals is learned in `models/`. A signal whose source is missing is not watched, which is not the same as fine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Final, Literal, get_args

import ibis
import ibis.expr.types as ir
import yaml

from features.feature import Direction, Feature
from features.moments import MOMENT, beside
from features.signal_rules import engagement, people, pulse, relationship, support, usage
from features.signal_rules.scene import Scene
from features.signal_rules.wording import number_of, sentence
from features.sources import Sources
from features.spine import KEY, build_spine

Severity = Literal["high", "medium", "low"]
SEVERITIES: Final[tuple[str, ...]] = get_args(Severity)
"""The most urgent first."""
FIRED, NOT_FIRED, NOT_WATCHED = "fired", "not fired", "not watched"
STATES = (FIRED, NOT_FIRED, NOT_WATCHED)
STATE_KEY = ("account_id", "signal", "renewal_id", "as_of")
LOST = "known_loss"
"""Status of a renewal that nobody can save any more; an account with no other is watched no longer."""

RULES: dict[str, Callable[[Scene], ir.Table]] = {
    rule.__name__: rule
    for rule in (
        usage.usage_decline,
        usage.critical_module_decline,
        usage.seats_unused,
        support.ticket_spike,
        support.escalation_open,
        people.champion_left,
        people.executive_sponsor_left,
        people.no_executive_sponsor,
        people.single_threaded,
        people.power_user_without_budget,
        engagement.integration_stopped,
        engagement.opens_stopped,
        engagement.gone_quiet,
        engagement.cost_question,
        support.polite_exit,
        relationship.invoice_overdue,
        relationship.value_unseen_by_procurement,
        relationship.value_unseen_by_finance,
        relationship.value_unseen_by_business_unit,
        pulse.pulse_stale,
        pulse.pulse_downgraded,
        pulse.green_pulse_red_usage,
        pulse.red_pulse_green_usage,
        relationship.owner_changed,
        relationship.notice_deadline,
    )
}


@dataclass(frozen=True, slots=True)
class Signal:
    """What a signal says of itself; see the head of `signals.yaml`.

    Attributes:
        id: Name, the same as that of its rule.
        title: What a person calls it.
        about: Whether it is about the whole account or one renewal.
        window_days: How far back the condition looks, or None.
        condition: When it fires, in words.
        severity: How soon somebody should act.
        action: What to do.
        stakeholder: With whom.
        direction: `raises` where firing beyond doubt speaks for churn.
        needs: Source columns without any of which it is not watched.
    """

    id: str
    title: str
    about: Literal["account", "renewal"]
    window_days: int | None
    condition: str
    severity: Severity
    action: str
    stakeholder: str
    direction: Direction
    needs: tuple[str, ...]

    @property
    def feature_name(self) -> str:
        """Name of the feature that says whether it fires."""
        return f"signal__has_{self.id}"

    def is_watched(self, sources: Sources) -> bool:
        """Whether every column that it needs was supplied."""
        return not self.unsupplied(sources)

    def unsupplied(self, sources: Sources) -> tuple[str, ...]:
        """Return what it needs and was not supplied: a table by its name, a column of a supplied table by both."""
        missing = []
        for name in self.needs:
            table, column = name.split(".")
            if not sources.is_supplied(table):
                missing.append(table)
            elif not sources.is_supplied(table, column):
                missing.append(name)
        return tuple(dict.fromkeys(missing))

    def to_be_filled(self, sources: Sources) -> tuple[tuple[str, str], ...]:
        """Return table and name of the columns that it needs filled: those that may be blank, but for dates to come.

        A date that is known from its own day on may not have come yet. Any other blank was not told, and where nobody
        ever tells it, nobody watches.
        """
        needed = [name.split(".") for name in self.needs]
        columns = [sources.contracts[table].column(name) for table, name in needed]
        may_be_blank = [column.nullable and column.known_from != column.name for column in columns]
        return tuple((table, name) for (table, name), kept in zip(needed, may_be_blank, strict=True) if kept)


def unwatched_signals(sources: Sources) -> dict[str, tuple[str, ...]]:
    """Return the signals that nobody watches anywhere, and of each what it needs and has not got.

    Args:
        sources: The ingested tables.

    Returns:
        By id of the signal: tables and columns that are not supplied, supplied without a row, or without a value.
    """
    holds = cache(sources.holds)
    found = {}
    for signal in load_signals().values():
        tables = dict.fromkeys(name.split(".")[0] for name in signal.needs)
        lacking = list(signal.unsupplied(sources))
        lacking += [table for table in tables if table not in lacking and not holds(table)]
        lacking += [
            f"{table}.{column}"
            for table, column in signal.to_be_filled(sources)
            if not {table, f"{table}.{column}"} & {*lacking} and not holds(table, column)
        ]
        if lacking:
            found[signal.id] = tuple(lacking)
    return found


def _judged(signal: Signal, scene: Scene) -> ir.Table:
    """Return what the rule of a signal says, of the dates by which every column that it needs filled had been."""
    judged = RULES[signal.id](scene)
    for table, column in signal.to_be_filled(scene.sources):
        judged = judged.semi_join(scene.filled(table, column), "as_of")
    return judged


@cache
def load_signals() -> dict[str, Signal]:
    """Read the declaration that ships with the package: signals by id, in its order.

    Raises:
        ValueError: If the declaration and the rules do not name the same signals.
    """
    text = resources.files("features").joinpath("signals.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    signals = {name: Signal(id=name, **{**entry, "needs": tuple(entry["needs"])}) for name, entry in content.items()}
    if different := set(signals) ^ set(RULES):
        raise ValueError(f"signals.yaml and the rules differ: {', '.join(sorted(different))}")
    return signals


def signal_features() -> tuple[Feature, ...]:
    """Return one yes-or-no feature per signal, in the order of the declaration."""
    return tuple(
        Feature(
            name=signal.feature_name,
            description=signal.condition,
            unit="yes or no",
            kind="boolean",
            direction=signal.direction,
            lineage=frozenset(signal.needs),
            sentence=f'The signal "{signal.title}" fires: {{value}}',
            group="signals",
            when_missing=f'Too little is on record to tell whether the signal "{signal.title}" fires',
            when_false=f'The signal "{signal.title}" does not fire',
        )
        for signal in load_signals().values()
    )


def build_signals(spine: ir.Table, sources: Sources) -> ir.Table:
    """Return which signals fire, as features of a family.

    Args:
        spine: As built by `features.spine.build_spine`.
        sources: The ingested tables.

    Returns:
        One row per spine row: the spine's key and one boolean per signal, null where it is not watched: its source is
        missing, or of this account there is too little on record to tell.
    """
    scene = Scene(spine, sources, is_told=False)
    parts: dict[str, list[ir.Table]] = {"account": [], "renewal": []}
    unwatched = {}
    for signal in load_signals().values():
        if not signal.is_watched(sources):
            unwatched[signal.feature_name] = ibis.null("boolean")
            continue
        judged = _judged(signal, scene)
        key = MOMENT if signal.about == "account" else KEY
        # Stored one by one: planned together, the rules keep their intermediate results in memory all at once.
        fired = sources.engine.store(judged.select(*key, **{signal.feature_name: judged.is_fired}))
        parts[signal.about].append(fired)
    by_renewal = beside(spine.select(*KEY), *parts["renewal"], on=KEY)
    table = beside(by_renewal, beside(scene.moments, *parts["account"])).mutate(**unwatched)
    return sources.engine.store(table.select(*KEY, *[signal.feature_name for signal in load_signals().values()]))


def signals_as_of(sources: Sources, as_of: date, names: Sequence[str] | None = None) -> ir.Table:
    """Return the state of every signal as of a date.

    Args:
        sources: The ingested tables.
        as_of: The date.
        names: Ids of the signals asked for; None for all.

    Returns:
        One row per watched account (and undecided renewal, where the signal is about one) and signal: account_id,
        renewal_id (null if about the account), as_of, signal, state (`STATES`), evidence (null unless fired).
    """
    scene = Scene(watched_spine(sources, [as_of]), sources)
    undecided = _undecided(scene.spine)
    tables = []
    for signal in _chosen(names):
        rows, key = (scene.moments, MOMENT) if signal.about == "account" else (undecided.select(*KEY), KEY)
        if signal.is_watched(sources):
            judged = beside(rows, _judged(signal, scene), on=key)
        else:
            judged = rows.mutate(is_fired=ibis.null("boolean"), evidence=ibis.null("string"))
        tables.append(_in_one_form(judged, signal))
    every = _with_lead(ibis.union(*tables), undecided)
    state = ibis.cases((every.is_fired, FIRED), (~every.is_fired, NOT_FIRED), else_=NOT_WATCHED)
    return sources.engine.store(every.mutate(state=state).drop("is_fired"))


def fired_signals(sources: Sources, as_of_dates: Sequence[date], names: Sequence[str] | None = None) -> ir.Table:
    """Return what fires as of each of several dates, evaluated in one pass.

    Args:
        sources: The ingested tables.
        as_of_dates: The dates.
        names: Ids of the signals asked for; None for all.

    Returns:
        One row per firing: account_id, renewal_id (null if about the account), as_of, signal, evidence.
    """
    scene = Scene(watched_spine(sources, as_of_dates), sources)
    tables = [_nothing(scene)]
    for signal in _chosen(names):
        if signal.is_watched(sources):
            judged = _judged(signal, scene)
            tables.append(_in_one_form(judged.filter(judged.is_fired), signal))
    return sources.engine.store(_with_lead(ibis.union(*tables), _undecided(scene.spine)).drop("is_fired"))


def watched_spine(sources: Sources, as_of_dates: Sequence[date]) -> ir.Table:
    """Return the spine of the accounts at which there is still something to win: all but known losses."""
    spine = build_spine(sources, as_of_dates)
    return sources.engine.store(spine.filter(spine.status != LOST))


def _chosen(names: Sequence[str] | None) -> list[Signal]:
    return [signal for signal in load_signals().values() if names is None or signal.id in names]


def _nothing(scene: Scene) -> ir.Table:
    """Return no firing at all: what is left where nothing is watched."""
    missing = {"evidence": ibis.null("string"), "renewal_id": ibis.null("string"), "signal": ibis.null("string")}
    return scene.moments.filter(ibis.literal(False)).select(*MOMENT, is_fired=ibis.literal(False), **missing)


def _undecided(spine: ir.Table) -> ir.Table:
    return spine.filter(spine.status.isin(["open", "overdue"])).select(*KEY, "renewal_date", "lead_days", "status")


def _in_one_form(judged: ir.Table, signal: Signal) -> ir.Table:
    renewal_id = judged.renewal_id if signal.about == "renewal" else ibis.null("string")
    return judged.select(
        "account_id", "as_of", "is_fired", "evidence", renewal_id=renewal_id, signal=ibis.literal(signal.id)
    )


def _with_lead(judged: ir.Table, undecided: ir.Table) -> ir.Table:
    """End each evidence with the days to the renewal that it is about, for whole accounts to the next undecided one."""
    nearest = undecided.group_by(list(MOMENT)).agg(
        next_lead=undecided.lead_days.min(where=undecided.lead_days >= 0), overdue_lead=undecided.lead_days.min()
    )
    own = undecided.select(*KEY, own_lead="lead_days")
    rows = beside(beside(judged, own, on=KEY), nearest)
    lead = ibis.coalesce(rows.own_lead, rows.next_lead, rows.overdue_lead)
    ahead = sentence(rows.evidence, "; renewal in ", number_of(lead, "day"))
    overdue = sentence(rows.evidence, "; renewal overdue by ", number_of(-lead, "day"))
    evidence = ibis.cases((rows.evidence.isnull() | lead.isnull(), rows.evidence), (lead < 0, overdue), else_=ahead)
    return rows.select("account_id", "renewal_id", "as_of", "signal", "is_fired", evidence=evidence)
