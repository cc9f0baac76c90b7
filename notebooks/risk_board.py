"""The risk board: who is at risk this week, why, and what to do.

    falsegreen board --out WORKSPACE             as a page, with all the others
    marimo edit notebooks/risk_board.py          in the editor
    python notebooks/risk_board.py               as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Risk board · falsegreen", css_file="board.css")


@app.cell
def _():
    import marimo as mo

    from pipelines.board import risk as board
    from pipelines.board.place import the_workspace
    from pipelines.board.shell import header, nothing_published
    from pipelines.board.tables import published
    from pipelines.board.widgets import download, table

    return board, download, header, mo, nothing_published, published, table, the_workspace


@app.cell
def _(board, header, mo, nothing_published, published, the_workspace):
    workspace = the_workspace()
    risk = published(workspace, "account_risk")
    reasons = published(workspace, "risk_reasons")
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    mo.stop(
        risk is None or reasons is None or risk.empty,
        mo.vstack(
            [
                mo.Html(header("risk", meta=meta)),
                mo.Html(nothing_published()),
            ]
        ),
    )
    named = board.with_names(risk)
    mo.Html(header("risk", board.lead(risk), meta))
    return named, reasons, workspace


@app.cell
def _(board, mo, named):
    filters = mo.ui.dictionary(
        {
            label: mo.ui.dropdown(values, value=board.EVERYTHING, label=label, searchable=len(values) > 10)
            for label, values in board.choices(named).items()
        }
    )
    mo.hstack(list(filters.elements.values()), wrap=True, justify="start", gap=1)
    return (filters,)


@app.cell
def _(board, mo, reasons, rows, tables, tabs):
    _name = next(name for name, title in board.TABS.items() if title == tabs.value)
    _chosen = list(tables[_name].value.index)
    mo.Html(
        board.chosen_account(rows[_name].loc[_chosen[0]].to_dict(), reasons)
        if _chosen
        else '<p class="fg muted">Choose a row to read why, and to open the account.</p>'
    )
    return


@app.cell
def _(board, download, filters, mo, named, table, workspace):
    rows = {
        "week": board.narrowed(named, filters.value),
        "disagreements": board.disagreements(board.narrowed(named, filters.value)),
        "stale": board.stale_pulses(board.narrowed(named, filters.value)),
    }
    _frames = {
        "week": board.week_table(rows["week"], board.not_yet_scored(workspace)),
        "disagreements": board.disagreement_table(rows["disagreements"]),
        "stale": board.stale_table(rows["stale"]),
    }
    tables = {
        name: table(
            frame,
            rows=20,
            choose="single",
            formats=board.TABLE_FORMATS,
            label=board.caption(name, rows[name], named),
        )
        for name, frame in _frames.items()
    }
    tabs = mo.ui.tabs(
        {title: mo.vstack([tables[name], download(_frames[name], name)]) for name, title in board.TABS.items()}
    )
    tabs
    return rows, tables, tabs


if __name__ == "__main__":
    app.run()
