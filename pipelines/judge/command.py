"""`falsegreen judge`: past human calls of any kind, in any file, held against what came of them.

Options are checked and passed on; reading, computing and showing are done elsewhere. It needs no workspace and no
contract.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command_errors import bad_usage, errors_in_words, fail
from pipelines.command_options import Debug
from pipelines.text_display import print_wrapped, stderr, stdout

if TYPE_CHECKING:
    from models.calls.report import Section
    from pipelines.judge.columns import ReadCalls
    from pipelines.judge.question import Question


def judge(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or Parquet, one past call per row.")],
    judgement: Annotated[
        str, typer.Option("--judgement", metavar="COL", help="What was said: colours or probabilities.")
    ],
    outcome: Annotated[str, typer.Option("--outcome", metavar="COL", help="What happened; empty where undecided.")],
    rater: Annotated[
        str | None, typer.Option("--rater", metavar="COL", help="Who said it: also compare people.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="COL", help="A model's probability: compare and blend with it.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="COL", help="Kind of case: also group by group.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster", metavar="COL", help="What repeats, such as the account: resampled and held out as one."
        ),
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", metavar="COL", help="What was written: does it say more than the judgement?")
    ] = None,
    order: Annotated[
        str | None, typer.Option("--order", metavar="LEVELS", help="Levels from best to worst: green,yellow,red.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", metavar="WORDS", help="What words mean: 'verde=green,rojo=red'.")
    ] = None,
    event: Annotated[
        list[str] | None,
        typer.Option("--event", metavar="TEXT", help="Value of the outcome that is the event; repeatable."),
    ] = None,
    percent: Annotated[bool, typer.Option("--percent", help="Probabilities are percentages.")] = False,
    judged_on: Annotated[str | None, typer.Option("--judged-on", metavar="COL", help="When it was said.")] = None,
    outcome_on: Annotated[
        str | None, typer.Option("--outcome-on", metavar="COL", help="When it happened; later calls are refused.")
    ] = None,
    minimum_calls: Annotated[
        int, typer.Option("--minimum-calls", min=2, help="Decided calls below which no person is shown.")
    ] = 50,
    out: Annotated[
        Path | None, typer.Option("--out", file_okay=False, help="Folder for the report, Markdown and HTML.")
    ] = None,
    debug: Debug = False,
) -> None:
    """Hold the judgements in FILE, CSV or Parquet with one past call per row, against what came of them."""
    with errors_in_words(debug=debug):
        from pipelines.judge.question import Question

        question = Question(
            judgement=judgement,
            outcome=outcome,
            rater=rater,
            model=model,
            group=group,
            cluster=cluster,
            text=text,
            judged_on=judged_on,
            outcome_on=outcome_on,
            order=_levels(order),
            mapping=_mapping(mapping),
            events=tuple(event or ()),
            is_percent=percent,
        )
        _check(question)
        _judge(file, question, minimum_calls, out)


def _judge(file: Path, question: "Question", minimum_calls: int, out: Path | None) -> None:
    """Read, compute, print and write."""
    from models.calls.people import compare_people, people_section
    from models.calls.plots import record_charts
    from models.calls.record import keep_record
    from models.calls.report import build_report
    from models.settings import ModelSettings
    from pipelines.judge.columns import read_calls
    from pipelines.judge.display import print_judgement
    from pipelines.judge.page import prepare_folder, write_left_out, write_pages

    settings = ModelSettings()
    with stderr().status("reading ...") as status:
        read = read_calls(file, question)
        if out is not None:
            try:
                prepare_folder(out)
            except OSError as error:
                fail(f"No page can be written to --out {out}: {error.strerror}. Nothing was computed.")
        record = keep_record(read.calls, settings, lambda what: status.update(f"{what} ..."))
        further = []
        if read.calls.raters is not None:
            status.update("people ...")
            further.append(people_section(compare_people(read.calls, minimum_calls, settings)))
        report = build_report(
            record,
            f"'{question.judgement}' against '{question.outcome}'",
            [*further, _rows(read)],
            left_out=len(read.left_out),
            notices=read.headlines,
        )
    print_judgement(stdout(), report)
    if out is not None:
        markdown, page = write_pages(report, record_charts(record), out)
        print_wrapped(stdout(), f"The report is in {page} and, as Markdown, in {markdown}.")
        left_out = write_left_out(read.left_out, out)
        if len(read.left_out):
            print_wrapped(stdout(), f"Every row that was left out is in {left_out}.")


def _rows(read: "ReadCalls") -> "Section":
    """Which rows of the file stand behind the figures."""
    from models.calls.calls import counted
    from models.calls.report import Section

    said = (
        f"{counted(read.rows, 'row')} in the file, {len(read.calls):,} of them judged, {len(read.left_out):,} left out."
    )
    return Section("Rows", (said, *map(str, read.set_aside), *read.notes))


def _check(question: "Question") -> None:
    """Refuse what cannot be meant."""
    if question.judgement == question.outcome:
        bad_usage("--judgement and --outcome name the same column.")
    if question.model in (question.judgement, question.outcome):
        bad_usage("--model names the column of the judgement or of the outcome.")
    if (question.judged_on is None) != (question.outcome_on is None):
        bad_usage("--judged-on and --outcome-on go together: a call is refused that came on or after its outcome.")
    if both := set(question.date_columns) & set(question.text_columns):
        bad_usage(f"'{both.pop()}' is named as a date and as something else.")
    if question.judged_on is not None and question.judged_on == question.outcome_on:
        bad_usage("--judged-on and --outcome-on name the same column.")


def _levels(given: str | None) -> tuple[str, ...]:
    if given is None:
        return ()
    levels = tuple(level.strip() for level in given.split(","))
    if len(levels) < 2 or not all(levels) or len({level.casefold() for level in levels}) < len(levels):
        raise typer.BadParameter("name two levels or more, each once, from best to worst", param_hint="--order")
    return levels


def _mapping(given: str | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in given.split(",")] if given else []
    if any(not word.strip() or not meant.strip() for word, _, meant in pairs):
        raise typer.BadParameter("write it like verde=green,rojo=red", param_hint="--mapping")
    return {word.strip(): meant.strip() for word, _, meant in pairs}
