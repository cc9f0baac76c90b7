"""The report on past calls in a terminal. Only layout; what is said is decided in `models.calls.report`."""

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from models.calls.report import Report, Table
from pipelines.text_display import print_section, print_wrapped, printable

MOST_ROWS = 25


def print_judgement(console: Console, report: Report) -> None:
    """Print the report, the headlines first and each section with its tables.

    Args:
        console: Where to print.
        report: What to say.
    """
    print_wrapped(console, report.title, style="bold")
    print_wrapped(console, report.lead)
    console.print()
    print_section(console, "In short", report.headlines)
    for section in report.sections:
        print_wrapped(console, section.title, style="bold")
        for sentence in section.sentences:
            print_wrapped(console, sentence, mark="- ")
        for table in section.tables:
            _print_table(console, table)
        console.print()


def _print_table(console: Console, table: Table) -> None:
    grid = Grid(
        title=Text(printable(table.caption)) if table.caption else None,
        title_justify="left",
        padding=(0, 0),
        pad_edge=False,
    )
    for place, column in enumerate(table.columns):
        grid.add_column(Text(printable(column)), justify="right" if place else "left")
    for row in table.rows[:MOST_ROWS]:
        # A figure and its interval on two lines, so that several fit side by side.
        first, *others = (printable(cell) for cell in row)
        grid.add_row(Text(first), *(Text(cell.replace(" (", "\n(")) for cell in others))
    console.print(grid)
    if len(table.rows) > MOST_ROWS:
        print_wrapped(
            console, f"... and {len(table.rows) - MOST_ROWS} more rows; all of them are in the pages of --out."
        )
