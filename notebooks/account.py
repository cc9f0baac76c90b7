"""One account: where its renewals stand and why, who is who, what was said, what happened.

    falsegreen board --out WORKSPACE             as a page, with all the others; `?account=ID` opens one
    marimo edit notebooks/account.py             in the editor
    python notebooks/account.py                  as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Account · falsegreen", css_file="board.css")


@app.cell
def _():
    import marimo as mo

    from pipelines.board import account as page
    from pipelines.board.history import history_chart, shown_probabilities
    from pipelines.board.people import missing_roles, stakeholders
    from pipelines.board.place import the_workspace
    from pipelines.board.sessions import sessions
    from pipelines.board.shell import empty, header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import chart, download, table
    from pipelines.recording.known import know_company
    from pipelines.recording.plays import plays_on_record

    return (
        sessions,
        chart,
        download,
        empty,
        header,
        section,
        history_chart,
        know_company,
        missing_roles,
        mo,
        nothing_published,
        page,
        plays_on_record,
        published,
        table,
        shown_probabilities,
        stakeholders,
        the_workspace,
    )


@app.cell
def _(header, mo, nothing_published, page, published, the_workspace):
    workspace = the_workspace()
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    risk = published(workspace, "account_risk")
    mo.stop(
        risk is None or risk.empty,
        mo.vstack([mo.Html(header("account", meta=meta)), mo.Html(nothing_published())]),
    )
    names = page.account_names(risk)
    asked = mo.query_params().get("account")
    shown = next((name for name, account in names.items() if account == asked), None)
    return asked, meta, names, risk, shown, workspace


@app.cell
def _(asked, mo, names, shown):
    picker = mo.ui.dropdown(
        names, value=shown or (next(iter(names)) if asked is None else None), label="account", searchable=True
    )
    return (picker,)


@app.cell
def _(asked, header, meta, mo, page, picker, risk, shown):
    said = []
    if asked is not None and shown is None:
        said.append(f"No renewal of an account {asked} is in this week's table.")
    said.append(f"As of {risk['as_of'].iloc[0]}.")
    _title = "" if picker.value is None else page.name_of(risk, picker.value)
    mo.vstack([mo.Html(header("account", said, meta, title=_title)), picker])
    return


@app.cell
def _(sessions, meta, mo, page, picker, published, risk, workspace):
    mo.stop(picker.value is None)
    account_id = picker.value
    sessions.note_shown(workspace, (meta or {}).get("csm_id"), account_id)
    rows = risk[risk["account_id"] == account_id]
    mo.Html(
        page.renewals_html(
            rows,
            published(workspace, "risk_reasons"),
            published(workspace, "false_greens"),
            published(workspace, "signals"),
        )
    )
    return account_id, rows


@app.cell
def _(account_id, know_company, page, workspace):
    company = know_company(workspace)
    pulses = page.pulses_of(workspace, company, account_id)
    return company, pulses


@app.cell
def _(account_id, chart, empty, history_chart, mo, pulses, rows, section, shown_probabilities, workspace):
    history = shown_probabilities(workspace, account_id)
    _charts = []
    for renewal_id, of_renewal in history[history["renewal_id"].isin(rows["renewal_id"])].groupby("renewal_id"):
        _charts.append(mo.Html(section(f"How it moved: {renewal_id}")))
        if len(of_renewal) > 1:
            _charts.append(chart(history_chart(of_renewal, pulses)))
        else:
            _charts.append(mo.Html(empty("One week has been published so far; the next one makes a line.")))
    mo.vstack(_charts)
    return


@app.cell
def _(account_id, company, empty, section, missing_roles, mo, table, stakeholders):
    people = stakeholders(company, account_id)
    _title = mo.Html(section("Stakeholders"))
    if people is None:
        _shown = mo.Html(empty("No contacts are on record.", "Supply the table contacts, and run again"))
    else:
        _missing = missing_roles(people)
        _note = empty(f"Nobody on record who is still there: {', '.join(_missing)}.") if _missing else ""
        _shown = mo.vstack([mo.Html(_note), table(people)])
    mo.vstack([_title, _shown])
    return


@app.cell
def _(account_id, company, download, empty, section, mo, page, plays_on_record, pulses, table, workspace):
    _plays = page.plays_table(plays_on_record(workspace, company, account_id))
    _pulses = pulses.drop(columns=["pulse_on", "sentiment"])
    mo.vstack(
        [
            mo.Html(section("What was said", link=(page.pulse_link(account_id), "Record a pulse or a play"))),
            mo.vstack([table(_pulses, widths={"reason": 480}), download(_pulses, "pulses")])
            if len(_pulses)
            else mo.Html(empty("No pulse is on record.")),
            table(_plays, rows=5) if len(_plays) else mo.Html(empty("No play is on record.")),
        ]
    )
    return


@app.cell
def _(account_id, download, empty, section, mo, page, published, table, workspace):
    _timeline = published(workspace, "account_timeline")
    mo.stop(
        _timeline is None,
        mo.vstack([mo.Html(section("What happened")), mo.Html(empty("No timeline is published.", "`falsegreen run`"))]),
    )
    _events = page.timeline_of(_timeline, account_id)
    mo.vstack(
        [
            mo.Html(section("What happened")),
            table(_events, rows=20, widths={"what": 640}),
            download(_events, "timeline"),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
