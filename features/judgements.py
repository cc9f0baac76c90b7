"""Judgements: what the CSM had said of a renewal at the dates at which a judgement is held to what came of it.

Everything passes through the one date cut: what was recorded on or after a date is in no judgement as of it, and a
pulse that was dated back counts for nobody. What came of the renewal and which plays ran stand beside it, as known at
the date of the record. What the models said, and which look counts where there are several, belongs to
`models/judgement/ledger.py`.
"""

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import add

import ibis
import ibis.expr.types as ir

from features.gut_pulse import ANSWERS, TURN, gut_pulse, known_pulses, owner_since, pulse_texts, state_of
from features.history import first_term_start
from features.labels import label_snapshots
from features.moments import MOMENT, beside, days_before, moments_of
from features.reasons import THEMES, read_reasons
from features.sources import Sources
from features.spine import BANDS, GRID_DAYS, KEY, SHORT_TERM_DAYS, as_of_table, build_spine, build_spine_of, grid_dates

CHECKPOINT_DAYS = {"180": 180, "90": 90}
"""Days before the renewal date at which a judgement is taken; a look counts up to one step of the grid earlier."""
LAST_PULSE = "last_pulse"
CHECKPOINTS = (*CHECKPOINT_DAYS, LAST_PULSE)
JUDGEMENT_KEY = (*KEY, "checkpoint")

_FACTS = (
    *KEY,
    "checkpoint",
    "contract_id",
    "renewal_date",
    "term_days",
    "lead_days",
    "band",
    "status",
    "segment",
    "region",
    "arr",
    "currency",
    "csm_id",
)
_PULSE_TEXTS = ("sentiment", "about", "reason", *ANSWERS, "model_visible")


def build_judgements(sources: Sources, through: date, published_on: Sequence[date] = ()) -> ir.Table:
    """Return what had been said of each dated renewal at each of its checkpoints.

    Args:
        sources: The ingested tables.
        through: Date of the record: outcomes and plays are as known then.
        published_on: Dates besides the training grid's from which the renewals are looked at.

    Returns:
        One row per (account_id, renewal_id, as_of, checkpoint). At `180` and `90` these are all looks at the open
        renewal in the 28 days up to the checkpoint, of which one will count, and the pulse is the gut pulse of the
        look. At `last_pulse` it is the newest pulse of the term recorded before notice and decision, as of the day
        after it was recorded, of renewals with an outcome. Columns: the facts of renewal and account, `owned_days`,
        the pulse and its words, the plays, and the outcome, null while not matured.
    """
    # Both parts are computed once each; what follows asks the same of either.
    looks, last = _looks(sources, through, published_on), _last_pulses(sources, through)
    rows = sources.engine.store(looks.select(*_FACTS, "pulse_id").union(last.select(*_FACTS, "pulse_id")))
    table = beside(rows, sources.engine.store(_said(rows, sources)), on=(*MOMENT, "pulse_id"))
    table = beside(table, sources.engine.store(owner_since(rows, sources)))
    seen = rows.select(*KEY, "contract_id", "band", "status").distinct()
    table = beside(table, label_snapshots(seen, sources, [through]).drop("first_cutoff", "last_cutoff"), on=KEY)
    ends = _ends(sources, through).select("account_id", "renewal_id", "decided_on")
    table = sources.engine.store(beside(table, ends, on=("account_id", "renewal_id")))
    table = beside(table, _plays_after(table, sources, through), on=JUDGEMENT_KEY)
    table = beside(table, _open_plays(rows, sources))
    owned_since = ibis.coalesce(table.owner_since, table.on_record_since)
    return table.mutate(
        pulse_state=state_of(table),
        owned_days=ibis.ifelse(table.csm_id.isnull(), None, table.as_of.delta(owned_since, unit="day")),
        # Not matured is not known, however early the decision came in.
        decided_on=ibis.ifelse(table.is_churned.isnull(), None, table.decided_on),
    ).drop("band", "status", "owner_since", "on_record_since", "pulse_at")


def _looks(sources: Sources, through: date, published_on: Sequence[date]) -> ir.Table:
    """Return the open renewals seen at most one step of the grid before a checkpoint, each with its gut pulse."""
    grid = grid_dates(first_term_start(sources, through), through)
    spine = build_spine(sources, [day for day in {*grid, *published_on} if day < through] or [through])
    spine = spine.filter((spine.status == "open") & spine.band.isin(BANDS))
    checkpoint = ibis.cases(
        *(
            (spine.lead_days.between(days, days + GRID_DAYS - 1), checkpoint)
            for checkpoint, days in CHECKPOINT_DAYS.items()
        ),
        else_=ibis.null("string"),
    )
    looks = sources.engine.store(spine.mutate(checkpoint=checkpoint).drop_null(["checkpoint"]))
    gut = gut_pulse(looks, sources)
    return beside(looks, gut.select(*KEY, pulse_id="gut_pulse_id"), on=KEY)


def _last_pulses(sources: Sources, through: date) -> ir.Table:
    """Return the renewals with an outcome as of the day after the last pulse that cannot have known of it."""
    ends = _ends(sources, through)
    ends = ends.filter(ends.outcome.isin(["renewed", "churned"]) & (ends.term_days >= SHORT_TERM_DAYS))
    ends = sources.engine.store(ends.mutate(known_on=ibis.least(ends.notice_given_on, ends.decided_on)))
    pulses = known_pulses(ends.select("account_id", as_of="known_on").distinct(), sources).select(*MOMENT, "turn")
    pulses = pulses.join(pulse_texts(sources), list(TURN)).drop("level").rename(known_on="as_of")
    spoken = ends.join(pulses, ["account_id", "known_on"])
    # A pulse may be recorded days after it was given, and was nobody's knowledge before.
    as_of = ibis.greatest(spoken.recorded_at.date(), spoken.pulse_on) + ibis.interval(days=1)
    spoken = spoken.mutate(as_of=as_of)
    spoken = spoken.filter((spoken.pulse_on >= spoken.term_start_date) & (spoken.as_of <= spoken.renewal_date))
    newest_first = ibis.window(group_by=["account_id", "renewal_id"], order_by=ibis.desc("turn"))
    ranked = spoken.mutate(choice=ibis.row_number().over(newest_first))
    last = sources.engine.store(ranked.filter(ranked.choice == 0).select(*KEY, "pulse_id"))
    spine = build_spine_of(last.select(*KEY), sources)
    spine = spine.filter((spine.status == "open") & spine.band.isin(BANDS))
    return spine.join(last, list(KEY)).mutate(checkpoint=ibis.literal(LAST_PULSE))


def _ends(sources: Sources, through: date) -> ir.Table:
    """Return each renewal with its end as known at the date of the record."""
    known = sources.known("renewals", as_of_table(sources, [through]), on=())
    return known.select(
        "account_id",
        "renewal_id",
        "term_start_date",
        "renewal_date",
        "outcome",
        "notice_given_on",
        "decided_on",
        term_days=known.renewal_date.delta(known.term_start_date, unit="day"),
    )


def _said(rows: ir.Table, sources: Sources) -> ir.Table:
    """Return the pulse of each row: what it says, how old it is, and since when its author has been saying so."""
    pulses = known_pulses(moments_of(rows, sources), sources).select(*MOMENT, "turn", "age_days")
    spoken = pulses.join(pulse_texts(sources, "csm_id", "reason").drop("level"), list(TURN))
    read = read_reasons(sources)
    spoken = beside(spoken, read.select("reason", "words"), on=("reason",))
    newest_first = ibis.desc("turn")
    older_ones = ibis.window(group_by=list(MOMENT), order_by=newest_first)
    older_own = ibis.window(group_by=[*MOMENT, "csm_id"], order_by=newest_first)
    spoken = sources.engine.store(
        spoken.mutate(
            is_copied=(spoken.words == spoken.words.lead().over(older_ones)).fill_null(False),
            repeats_own=(spoken.words == spoken.words.lead().over(older_own)).fill_null(False),
        )
    )
    first_said = ibis.ifelse(spoken.repeats_own, ibis.null("date"), spoken.pulse_on)
    # The nearest of the author's older pulses that repeats none before it; there the run of copies began.
    run = ibis.window(group_by=[*MOMENT, "csm_id"], order_by=newest_first, preceding=0, following=None)
    spoken = spoken.mutate(first_said_on=first_said.max().over(run))
    asked = spoken.semi_join(rows, [*MOMENT, "pulse_id"]).drop("csm_id", "reason", "words")
    asked = sources.with_values("csm_pulses", asked, "csm_id", "pulse_at", *_PULSE_TEXTS)
    asked = beside(asked, read.select("reason", "is_vague", reason_themes=_theme_names(read)), on=("reason",))
    has_words = asked.is_vague.notnull()
    return asked.select(
        *MOMENT,
        "pulse_id",
        "pulse_at",
        "pulse_on",
        *_PULSE_TEXTS,
        "reason_themes",
        "is_vague",
        "is_copied",
        pulse_csm_id="csm_id",
        pulse_age_days="age_days",
        words_age_days=ibis.ifelse(has_words, days_before(asked, "first_said_on"), None),
    )


def _theme_names(read: ir.Table) -> ir.StringValue:
    """Return the themes of each reason by name, in the order of the taxonomy; null where it has none."""
    names = reduce(add, [ibis.ifelse(read[f"says_{theme}"], f"{theme},", "") for theme in THEMES])
    return names.re_replace(",$", "").nullif("")


def _plays_after(table: ir.Table, sources: Sources, through: date) -> ir.Table:
    """Return the first play that was started after each pulse, or where there is none its date, before the decision."""
    plays = sources.known("plays", as_of_table(sources, [through]), on=())
    plays = plays.select("account_id", "play_id", "started_at", play_kind="kind")
    pairs = table.select(*JUDGEMENT_KEY, "pulse_at", "decided_on").join(plays, "account_id")
    is_after = ibis.ifelse(
        pairs.pulse_at.isnull(), pairs.started_at >= pairs.as_of.cast("timestamp"), pairs.started_at > pairs.pulse_at
    )
    is_before = pairs.decided_on.isnull() | (pairs.started_at < pairs.decided_on.cast("timestamp"))
    first = ibis.window(group_by=list(JUDGEMENT_KEY), order_by=["started_at", "play_id"])
    ranked = pairs.filter(is_after & is_before).mutate(place=ibis.row_number().over(first))
    ranked = ranked.filter(ranked.place == 0)
    return sources.engine.store(
        ranked.select(*JUDGEMENT_KEY, "play_kind", play_started_on=ranked.started_at.cast("date"))
    )


def _open_plays(rows: ir.Table, sources: Sources) -> ir.Table:
    """Return whether a play was running at each moment, for those by which plays had begun to be recorded."""
    moments = moments_of(rows, sources)
    known = sources.known("plays", moments)
    running = known.filter((known.started_at < known.as_of.cast("timestamp")) & known.ended_at.isnull())
    had = beside(
        moments.semi_join(sources.watched("plays", moments), "as_of"),
        running.select(*MOMENT).distinct().mutate(is_running=ibis.literal(True)),
    )
    return sources.engine.store(had.select(*MOMENT, had_open_play=had.is_running.fill_null(False)))
