"""One account: where its renewals stand and why, who is who, what was said, what happened.

    falsegreen board --out WORKSPACE             as a page, with all the others; `?account=ID` opens one
    marimo edit notebooks/account.py             in the editor
    python notebooks/account.py                  as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Account · falsegreen", css_file="board.css", html_head_file="board_head.html")


@app.cell
def _():
    import marimo as mo

    from pipelines.board import account as page
    from pipelines.board.history import history_chart, shown_probabilities
    from pipelines.board.people import missing_roles, stakeholders
    from pipelines.board.place import account_meant, ask, company_or_fault, the_workspace
    from pipelines.board.place import asked as asked_for
    from pipelines.board.sessions import sessions
    from pipelines.board.shell import empty, header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import chart, download, table
    from pipelines.recording.plays import plays_on_record

    return (
        account_meant,
        ask,
        asked_for,
        company_or_fault,
        sessions,
        chart,
        download,
        empty,
        header,
        section,
        history_chart,
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
def _(account_meant, asked_for, company_or_fault, header, mo, nothing_published, page, published, the_workspace):
    workspace = the_workspace()
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    company, fault = company_or_fault(workspace)
    risk = published(workspace, "account_risk")
    signals = published(workspace, "signals")
    asked = account_meant(asked_for("account"), company.accounts if company else ())
    accounts = page.accounts_told_of(company, risk, signals, asked=asked)
    mo.stop(
        not accounts,
        mo.vstack([mo.Html(header("account", meta=meta)), mo.Html(nothing_published())]),
    )
    return accounts, asked, company, fault, meta, risk, signals, workspace


@app.cell
def _(accounts, ask, asked, mo, page):
    _names = page.names_to_choose(accounts)
    _shown = next((name for name, account in _names.items() if account == asked), None)
    picker = mo.ui.dropdown(
        _names,
        value=_shown or (next(iter(_names)) if asked is None else None),
        label="account",
        searchable=True,
        on_change=ask,
    )
    return (picker,)


@app.cell
def _(accounts, asked, company, empty, fault, header, meta, mo, picker, risk):
    _said = []
    if asked is not None and asked not in accounts:
        _said.append(f"No account {asked} is known here.")
    if risk is None or risk.empty:
        _said.append("No risk table is published here yet: signals are watched, and nothing is scored.")
    else:
        _said.append(f"As of {risk['as_of'].iloc[0]}.")
    _title = "" if picker.value is None else accounts[picker.value] or picker.value
    _about = {"account": picker.value} if picker.value else None
    mo.vstack(
        [
            mo.Html(header("account", _said, meta, title=_title, about=_about)),
            mo.Html("" if company else empty(fault)),
            picker,
        ]
    )
    return


@app.cell
def _(sessions, meta, mo, page, picker, published, risk, signals, workspace):
    mo.stop(picker.value is None)
    account_id = picker.value
    sessions.note_shown(workspace, (meta or {}).get("csm_id"), account_id)
    rows = page.rows_of(risk, account_id)
    mo.Html(
        page.renewals_html(
            account_id,
            rows,
            published(workspace, "risk_reasons"),
            published(workspace, "false_greens"),
            signals,
        )
    )
    return account_id, rows


@app.cell
def _(account_id, company, mo, page, workspace):
    # What else is told of an account was in the tables that the newest run had read.
    mo.stop(company is None)
    pulses = page.pulses_of(workspace, company, account_id)
    return (pulses,)


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
    mo.stop(company is None)
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
