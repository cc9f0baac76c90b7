"""The one-page report on past calls as data: sections of sentences, tables of text, and names of charts.

What a terminal, a Markdown file and a page all show. How each of them lays it out is not decided here, and neither is
any figure.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from models.calls import findings
from models.calls.calls import counted
from models.calls.forecasts import AUC, BRIER, INTERCEPT, PARTS, SKILL, SLOPE, Comparison, Figure
from models.calls.record import JUDGEMENT, MODEL, Record

CAUTIONS: Final = (
    "The calls are past ones. Nothing here says that the next will be as good.",
    "Where a call led somebody to act and the action changed the outcome, the call looks worse than it was.",
    "A small difference with an interval around zero is no difference. Many slices give some that stand out by chance.",
)


@dataclass(frozen=True)
class Table:
    """Cells as text, the first column to the left and all others to the right."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One part of the report.

    Attributes:
        title: Its heading.
        sentences: What it says.
        tables: What it shows.
        charts: Names of charts that belong here; see `plots`.
    """

    title: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...] = ()
    charts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """The page.

    Attributes:
        title: What was judged.
        lead: How many calls stand behind it.
        headlines: What to take away, the most important first.
        sections: The rest, in order.
    """

    title: str
    lead: str
    headlines: tuple[str, ...]
    sections: tuple[Section, ...]


def build_report(
    record: Record, title: str, further: Iterable[Section] = (), *, left_out: int = 0, notices: Iterable[str] = ()
) -> Report:
    """Lay out a record.

    Args:
        record: What was computed.
        title: Heading of the page.
        further: Sections that come before the cautions: people, rows that were left out.
        left_out: Rows of the file that stand behind no figure.
        notices: What is to be known of how the file was read before any figure is believed; last of the headlines.
    """
    sections = [
        _speaker_section(record, JUDGEMENT),
        *_level_section(record),
        *([_speaker_section(record, MODEL)] if record.calls.model is not None else []),
        _figures_section(record),
        *_together_section(record),
        *_disagreement_section(record),
        *_words_section(record),
        *_group_section(record),
        *further,
        Section("What it cannot say", CAUTIONS),
    ]
    lead = findings.on_record(record)
    if left_out:
        were = "was" if left_out == 1 else "were"
        lead += f" {counted(left_out, 'row')} of the file {were} left out; why is said under Rows."
    return Report(title, lead, (*_headlines(record), *notices), tuple(sections))


def _headlines(record: Record) -> tuple[str, ...]:
    """The sentences that a hurried reader gets."""
    said = [findings.about_ranking(record)]
    if record.levels is not None:
        said += findings.about_levels(record)[:1]
    for speaker, ends in record.ends.items():
        if (ends["verdict"] == "overconfident").all():
            said.append(f"The {speaker} is overconfident at both ends.")
    if record.calls.model is not None:
        said.append(findings.about_all(record))
    additions = findings.about_additions(record)
    said += additions[:2] if additions else (findings.about_skill(record),)
    if record.with_words is not None:
        said.append(findings.about_words(record)[0])
    return tuple(said)


def _speaker_section(record: Record, speaker: str) -> Section:
    """What the judgement or the model is worth by itself."""
    sentences = [findings.about_ranking(record, speaker), findings.about_skill(record, speaker)]
    if speaker not in record.ends:
        return Section(f"The {speaker} as it stands", tuple(sentences))
    sentences += [findings.about_slope(record, speaker), *findings.about_ends(record.ends[speaker], speaker)]
    return Section(f"The {speaker} as it stands", tuple(sentences), charts=(f"reliability_{speaker}",))


def _figures_section(record: Record) -> Section:
    """All forecasts beside each other."""
    comparison = record.comparison
    names = comparison.forecasts
    ranking = _figures_table(
        comparison, names, "Ranking and probabilities", {"AUC": AUC, "Brier score": BRIER, "skill": SKILL}
    )
    # A level states no probability that could be too extreme.
    stating = [name for name in names if name != JUDGEMENT or not record.calls.is_ordinal]
    calibration = _figures_table(comparison, stating, "Calibration", {"slope": SLOPE, "intercept": INTERCEPT})
    parts = Table(
        "The Brier score is miscalibration − discrimination + uncertainty",
        ("", *PARTS, "Brier score"),
        tuple(
            (name, *(f"{comparison.figure(name, figure).value:z.4f}" for figure in (*PARTS, BRIER))) for name in names
        ),
    )
    tables = (ranking, *([calibration] if stating else []), parts)
    return Section("Side by side", _notes_on_figures(record), tables, ("auc",) if len(names) > 1 else ())


def _figures_table(comparison: Comparison, names: Iterable[str], caption: str, figures: dict[str, str]) -> Table:
    """A row per forecast, a column per figure, each with its interval."""
    rows = [
        (name, *(findings.interval(comparison.figure(name, figure)) for figure in figures.values())) for name in names
    ]
    return Table(caption, ("", *figures), tuple(rows))


def _notes_on_figures(record: Record) -> tuple[str, ...]:
    notes = ["AUC: 0.5 is chance, 1 is perfect. Brier score: lower is better."]
    if len(record.comparison.differences):
        notes.append("Recalibrated and blended: out of fold by cluster; their AUC is taken within folds.")
    return tuple(notes)


def _level_section(record: Record) -> list[Section]:
    if record.levels is None:
        return []
    rows = tuple(
        (
            str(row["level"]),
            f"{row['calls']:,}",
            f"{row['events']:,}",
            findings.share(row["rate"]),
            findings.share(row["pooled"], row["low"], row["high"])
            if record.calls.shortage is None
            else findings.share(row["pooled"]),
        )
        for row in record.levels.to_dict("records")
    )
    table = Table("", ("level", "calls", "happened", "rate", "partially pooled"), rows)
    return [Section("What each level has meant", findings.about_levels(record), (table,), ("levels",))]


def _together_section(record: Record) -> list[Section]:
    if not len(record.comparison.differences):
        return []
    pairs = record.comparison.differences[["forecast", "reference"]].drop_duplicates().astype(str).to_numpy().tolist()
    rows = tuple(
        (
            f"{forecast} − {reference}",
            findings.interval(record.comparison.difference(forecast, reference, AUC), signed=True),
            findings.interval(record.comparison.difference(forecast, reference, BRIER), 4, signed=True),
        )
        for forecast, reference in pairs
    )
    table = Table("Differences on the same calls", ("", "AUC", "Brier score"), rows)
    recipes = "; ".join(f"{recipe} in {counted(count, 'fold')}" for recipe, count in record.recipes.most_common())
    notes = (f"Recipe of the blend, chosen within each set of nine folds: {recipes}.",) if recipes else ()
    return [Section("Person and model together", (*findings.about_additions(record), *notes), (table,))]


def _disagreement_section(record: Record) -> list[Section]:
    table = record.disagreement
    if table is None:
        return []
    shown = tuple(
        Table(
            caption,
            ("", "calls", "person said", "model said", "happened", "Brier, person − model"),
            tuple(_disagreement_row(row) for row in table[table["by"] == by].to_dict("records")),
        )
        for by, caption in (("side", "By side of the base rate"), ("distance", "By distance"))
    )
    return [Section("Who was right where they disagree", findings.about_disagreement(table), shown)]


def _disagreement_row(row: dict[Hashable, Any]) -> tuple[str, ...]:
    return (
        str(row["slice"]),
        f"{row['calls']:,}",
        findings.share(row["judged"]),
        findings.share(row["modelled"]),
        findings.share(row["happened"], row["happened_low"], row["happened_high"]),
        findings.interval(Figure(row["difference"], row["low"], row["high"]), signed=True),
    )


def _words_section(record: Record) -> list[Section]:
    if record.calls.texts is None or record.calls.shortage is not None:
        return []
    return [Section("What the text adds", findings.about_words(record))]


def _group_section(record: Record) -> list[Section]:
    table = record.groups
    if table is None:
        return []
    rows = tuple(
        (
            str(row["group"]),
            f"{row['calls']:,}",
            findings.share(row["happened"], row["happened_low"], row["happened_high"]),
            findings.share(row["stated"]),
            findings.interval(Figure(row["auc"], row["auc_low"], row["auc_high"])),
            f"{row['brier']:.3f}",
        )
        for row in table.to_dict("records")
    )
    columns = ("group", "calls", "happened", "said on average", "AUC", "Brier score")
    return [Section("By group", (findings.about_groups(table),), (Table("", columns, rows),))]
