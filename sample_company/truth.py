"""What was planted, written beside the tables for whoever measures against it.

Nothing in the pipeline may read these files. Their columns are described in `docs/sample_company.md`.
"""

from pathlib import Path

import numpy as np

from sample_company.account_records import exits_recorded_on
from sample_company.csms import HABITS
from sample_company.dates import FAR, NULL, Array, first_day_of_quarter, to_weekday
from sample_company.history import History
from sample_company.integrations import LONGEST_SETUP_DAYS
from sample_company.oracle import known_log_odds, true_probabilities
from sample_company.parameters import ARCHETYPE_EFFECTS, ARCHETYPES, EVENT_KINDS, GREEN_BELOW, LEADS, RED_ABOVE
from sample_company.people import ROLES, People
from sample_company.renewal_records import renewal_ids
from sample_company.traces import Episodes, Traces
from sample_company.writing import Coded, write_truth

FOLDER = "truth"


def write_all_truth(out: Path, history: History, people: People, traces: Traces) -> None:
    """Write the five tables of the truth."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    chances = _write_renewals(folder, history)
    _write_csms(folder, history, chances)
    _write_events(folder, history, people, traces)
    accounts = history.accounts
    write_truth(
        folder,
        "account_archetypes",
        {
            "account_id": ("VARCHAR", accounts.account_id),
            "archetype": ("VARCHAR", Coded(accounts.archetype, ARCHETYPES)),
            "effect": ("DOUBLE", np.array(ARCHETYPE_EFFECTS)[accounts.archetype]),
            "misfit": ("DOUBLE", history.state.misfit),
        },
        ("account_id",),
    )
    quarters = history.state.first_quarter + np.arange(len(history.state.shocks))
    write_truth(
        folder,
        "quarter_shocks",
        {"quarter_start": ("DATE", first_day_of_quarter(quarters)), "shock": ("DOUBLE", history.state.shocks)},
        ("quarter_start",),
    )


def _write_renewals(folder: Path, history: History) -> Array:
    """Write `renewal_truth`; returns the probabilities 90 days ahead."""
    terms = history.terms
    columns: dict[str, tuple[str, Array | Coded]] = {
        "renewal_id": ("VARCHAR", renewal_ids(terms)),
        "account_id": ("VARCHAR", history.accounts.account_id[terms.account]),
        "decision_on": ("DATE", terms.decision_day),
    }
    chances = {
        lead: true_probabilities(history.seed, history.state, terms, lead, history.settings.futures) for lead in LEADS
    }
    for lead in LEADS:
        columns[f"p_{lead}"] = ("DOUBLE", chances[lead])
    for lead in LEADS:
        columns[f"log_odds_{lead}"] = ("DOUBLE", known_log_odds(history.state, terms, lead))
    columns["play_on"] = ("DATE", terms.play_on)
    columns["play_effect"] = ("DOUBLE", np.where(terms.play_on == NULL, np.nan, terms.play_effect))
    write_truth(folder, "renewal_truth", columns, ("renewal_id",))
    return chances[90]


def _write_csms(folder: Path, history: History, chances: Array) -> None:
    csms, terms, state = history.csms, history.terms, history.state
    rows = np.flatnonzero((terms.months > 1) & (chances > 0) & (chances < 1))
    account, day = terms.account[rows], np.minimum(terms.renewal_day[rows] - 90, history.window.last_day)
    # What every CSM would have thought of every renewal: comparable, whoever's book it was in.
    wrong = np.hypot(0.85, 0.53) * state.misjudgement[account, history.window.week_of(day)]
    seen = np.stack([state.perceived(account, day, skill) for skill in csms.skill])
    views = seen - csms.optimism[:, None] + csms.noise_sd[:, None] * wrong[None, :]
    chance = chances[rows]
    is_green, is_red = views < GREEN_BELOW, views > RED_ABOVE
    colour = {"green": is_green, "yellow": ~is_green & ~is_red, "red": is_red}
    columns: dict[str, tuple[str, Array | Coded]] = {
        "csm_id": ("VARCHAR", csms.csm_id),
        "optimism": ("DOUBLE", csms.optimism),
        "skill": ("DOUBLE", csms.skill),
        "noise_sd": ("DOUBLE", csms.noise_sd),
        "hearing": ("DOUBLE", csms.hearing),
        "update_habit": ("VARCHAR", Coded(csms.habit, HABITS)),
        "gap_days": ("DOUBLE", csms.gap_days),
        "vague_share": ("DOUBLE", csms.vague),
        "copied_share": ("DOUBLE", csms.copied),
        "auc_90": ("DOUBLE", np.array([_auc(view, chance) for view in views])),
    }
    for name, chosen in colour.items():
        columns[f"{name}_share_90"] = ("DOUBLE", chosen.mean(axis=1))
        total = np.where(chosen, chance, 0).sum(axis=1)
        columns[f"churn_when_{name}_90"] = ("DOUBLE", total / np.maximum(chosen.sum(axis=1), 1))
    write_truth(folder, "csm_truth", columns, ("csm_id",))


def _auc(view: Array, chance: Array) -> float:
    """Chance that a renewal that churns looks worse than one that does not, outcomes being drawn from `chance`."""
    ordered = chance[np.argsort(view, kind="stable")]
    stays = np.cumsum(1 - ordered) - (1 - ordered)
    return float((ordered * stays).sum() / max(ordered.sum() * (1 - ordered).sum(), 1e-12))


def _write_events(folder: Path, history: History, people: People, traces: Traces) -> None:
    kinds: list[Array] = []
    parts: list[tuple[Array, ...]] = []
    names = [kind.name for kind in EVENT_KINDS]
    for index in range(len(EVENT_KINDS)):
        starts, ends = history.events.starts[index], history.events.ends[index]
        account, slot = np.nonzero((starts < history.end_day[:, None]) & (ends > history.first_day[:, None]))
        heard = history.events.heard[index][account, slot]
        heard = np.where(heard < np.minimum(ends[account, slot], history.end_day[account]), heard, FAR)
        recorded = _recorded(history, people, names[index], account, starts[account, slot])
        parts.append(
            (
                account,
                starts[account, slot],
                ends[account, slot],
                heard,
                recorded,
                history.events.effects[index][account, slot],
            )
        )
        kinds.append(np.full(len(account), index))
    for name in ("gone_quiet", "opens_stopped", "cost_question", "onboarding"):
        episodes: Episodes = getattr(traces, name)
        never, nothing = np.full(len(episodes.account), FAR), np.zeros(len(episodes.account))
        recorded = to_weekday(episodes.start) if name == "cost_question" else never
        parts.append((episodes.account, episodes.start, episodes.end, never, recorded, nothing))
        kinds.append(np.full(len(episodes.account), len(names)))
        names.append(name)
    account, start, end, heard, recorded, effect = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    last = history.window.last_day
    write_truth(
        folder,
        "hidden_events",
        {
            "account_id": ("VARCHAR", history.accounts.account_id[account]),
            "kind": ("VARCHAR", Coded(np.concatenate(kinds), tuple(names))),
            "started_on": ("DATE", start),
            "ended_on": ("DATE", np.where(end <= last, end, NULL)),
            "known_to_csm_on": ("DATE", np.where(heard <= last, heard, NULL)),
            "recorded_on": ("DATE", np.where(recorded <= last, recorded, NULL)),
            "effect": ("DOUBLE", effect),
        },
        ("account_id", "started_on", "kind"),
    )


def _recorded(history: History, people: People, kind: str, account: Array, start: Array) -> Array:
    """Day on which a table first holds plain evidence of each event, `FAR` where none does."""
    result = np.full(len(account), FAR)
    role = {"champion_left": "champion", "sponsor_left": "executive_sponsor"}.get(kind)
    if role is not None:
        rows = np.flatnonzero(people.role == ROLES.index(role))
        exits = dict(
            zip(
                zip(people.account[rows], people.left[rows], strict=True),
                exits_recorded_on(history, people)[rows],
                strict=True,
            )
        )
        result = np.array([exits.get(key, FAR) for key in zip(account, start, strict=True)], dtype=np.int64)
    if kind == "integration_stopped":
        # New customers connect their systems within the first months; before that nothing can be seen to stop.
        connected = np.where(history.accounts.is_founding[account], 0, LONGEST_SETUP_DAYS) + history.first_day[account]
        result = np.where(start >= connected, start + 1, FAR)
    return result
