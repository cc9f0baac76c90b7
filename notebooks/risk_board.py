"""The risk board: who is at risk this week, why, and what to do.

    falsegreen board --out WORKSPACE             as a page, with all the others
    marimo edit notebooks/risk_board.py          in the editor
    python notebooks/risk_board.py               as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="Risk board · falsegreen", css_file="board.css", html_head_file="board_head.html"
)


@app.cell
def _():
    import marimo as mo

    from pipelines.board import risk as board
    from pipelines.board.place import the_workspace
    from pipelines.board.sessions import sessions
    from pipelines.board.shell import header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import download, table

    return sessions, board, download, header, mo, nothing_published, published, section, table, the_workspace


@app.cell
def _(sessions, board, download, header, mo, nothing_published, published, section, table, the_workspace):
    workspace = the_workspace()
    risk = published(workspace, "account_risk")
    reasons = published(workspace, "risk_reasons")
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    is_scored = risk is not None and reasons is not None and not risk.empty
    _watched = []
    if not is_scored and (_signals := published(workspace, "signals")) is not None:
        _on = board.signals_table(_signals)
        _watched = [
            mo.Html(section("Signals that are on", link=("../account/", "Read what happened at an account"))),
            table(_on, rows=20, widths={"what is seen": 420, "what to do": 320}),
            download(_on, "signals"),
        ]
    mo.stop(not is_scored, mo.vstack([mo.Html(header("risk", meta=meta)), mo.Html(nothing_published()), *_watched]))
    named = board.with_names(risk)
    sessions.note_shown(workspace, (meta or {}).get("csm_id"))
    mo.Html(header("risk", board.lead(risk), meta))
    return meta, named, reasons, workspace


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
def _(sessions, board, contested, meta, mo, reasons, rows, stale, tabs, week, workspace):
    _name = next(name for name, title in board.TABS.items() if title == tabs.value)
    _chosen = list({"week": week, "disagreements": contested, "stale": stale}[_name].value.index)
    if _chosen:
        sessions.note_shown(workspace, (meta or {}).get("csm_id"), rows[_name].loc[_chosen[0], "account_id"])
    mo.Html(
        board.chosen_account(rows[_name].loc[_chosen[0]].to_dict(), reasons)
        if _chosen
        else '<p class="fg muted">Choose a row to read why, and to open the account.</p>'
    )
    return


@app.cell
def _(board, filters, named, table, workspace):
    _left = board.narrowed(named, filters.value)
    rows = {"week": _left, "disagreements": board.disagreements(_left), "stale": board.stale_pulses(_left)}
    _since = board.not_yet_scored(workspace)
    frames = {
        "week": board.week_table(rows["week"], _since),
        "disagreements": board.disagreement_table(rows["disagreements"], _since),
        "stale": board.stale_table(rows["stale"], _since),
    }

    def _shown(name):
        label = board.caption(name, rows[name], named)
        return table(frames[name], board.TABLE_FORMATS, label, rows=20, choose="single")

    # A name each: what is chosen in a table that has none of its own is not noticed.
    week = _shown("week")
    contested = _shown("disagreements")
    stale = _shown("stale")
    return contested, frames, rows, stale, week


@app.cell
def _(board, contested, download, frames, mo, stale, week):
    _shown = {"week": week, "disagreements": contested, "stale": stale}
    tabs = mo.ui.tabs(
        {title: mo.vstack([_shown[name], download(frames[name], name)]) for name, title in board.TABS.items()}
    )
    tabs
    return (tabs,)


if __name__ == "__main__":
    app.run()
