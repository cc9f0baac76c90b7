"""Record a pulse: how an account feels today, and why; and the plays that are run for it.

    falsegreen board --out WORKSPACE             as a page, with all the others; `?account=ID` opens one
    marimo edit notebooks/record_a_pulse.py      in the editor; FALSEGREEN_TOKEN says who records
    python notebooks/record_a_pulse.py           as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="Record a pulse · falsegreen", css_file="board.css", html_head_file="board_head.html"
)


@app.cell
def _():
    import marimo as mo

    from pipelines.board import aftermath, plays
    from pipelines.board import pulse as page
    from pipelines.board.answer import held_back
    from pipelines.board.place import account_meant, ask, company_or_fault, the_workspace
    from pipelines.board.place import asked as asked_for
    from pipelines.board.sessions import sessions
    from pipelines.board.shell import empty, header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import download, table
    from pipelines.recording.records import new_id

    return (
        account_meant,
        ask,
        asked_for,
        company_or_fault,
        sessions,
        aftermath,
        download,
        empty,
        header,
        held_back,
        section,
        mo,
        new_id,
        nothing_published,
        page,
        plays,
        published,
        table,
        the_workspace,
    )


@app.cell
def _(account_meant, asked_for, company_or_fault, header, mo, nothing_published, page, the_workspace):
    workspace = the_workspace()
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    has_seen = bool(asked_for("seen"))
    csm_id = page.signed_in(workspace, page.token_of(meta))
    company, fault = company_or_fault(workspace)
    mo.stop(company is None, mo.vstack([mo.Html(header("pulse", meta=meta)), mo.Html(nothing_published(fault))]))
    asked = account_meant(asked_for("account"), company.accounts)
    return asked, company, csm_id, has_seen, meta, workspace


@app.cell
def _(ask, sessions, asked, company, csm_id, has_seen, mo, page, published, workspace):
    if has_seen and asked:
        sessions.note_shown(workspace, csm_id, asked)
    accounts = page.accounts_to_choose(company, published(workspace, "account_risk"), csm_id)
    picker = mo.ui.dropdown(
        accounts,
        value=next((name for name, account in accounts.items() if account == asked), None),
        label="account",
        searchable=True,
        on_change=ask,
    )
    # What is on record changes while the page is open: whoever saves says so here.
    get_saves, set_saves = mo.state(0)
    get_play_said, set_play_said = mo.state(("", ""))
    return get_play_said, get_saves, picker, set_play_said, set_saves


@app.cell
def _(asked, company, csm_id, empty, has_seen, header, meta, mo, picker):
    _said = ["What you know of the account comes first; what the score says of it, only once you have said it."]
    _to_do = "Sign in above with your own token" if meta else "Set `FALSEGREEN_TOKEN` to your own token"
    if asked is not None and asked not in company.accounts:
        _said.append(f"No account {asked} is known here.")
    _seen = {"seen": "1"} if has_seen and picker.value == asked else {}
    _about = {"account": picker.value, **_seen} if picker.value else None
    mo.vstack(
        [
            mo.Html(header("pulse", _said, meta, about=_about)),
            mo.Html("" if csm_id else empty("Nobody is signed in, so nothing can be recorded.", _to_do)),
            picker,
        ]
    )
    return


@app.cell
def _(company, get_saves, mo, page, picker, workspace):
    get_saves()
    mo.stop(picker.value is None, mo.Html('<p class="fg muted">Choose an account.</p>'))
    mo.Html(page.facts_html(workspace, company, picker.value))
    return


@app.cell
def _(mo):
    again = mo.ui.run_button(label="Record another pulse")
    keep = mo.ui.run_button(label="Keep it as it is")
    return again, keep


@app.cell
def _(again, company, csm_id, mo, new_id, page, picker):
    mo.stop(picker.value is None or csm_id is None)
    again.value
    pulse_id = new_id()
    # Sending the same form twice is still the same pulse, whatever was shown in between.
    visible = {}
    _answers = {
        name: mo.ui.radio(values, value=page.UNKNOWN, inline=True, label=page.QUESTIONS[name])
        for name, values in page.answers().items()
    }
    form = (
        mo.Html(page.form_layout(company.describe(picker.value)))
        .batch(
            sentiment=mo.ui.radio(page.COLOURS, inline=True, label="Colour"),
            reason=mo.ui.text_area(label="Why, in one sentence", rows=2, max_length=500, full_width=True),
            about=mo.ui.radio(page.ABOUT, value=page.ABOUT[0], inline=True, label="About the"),
            **_answers,
        )
        .form(submit_button_label="Save the pulse")
    )
    form
    return form, pulse_id, visible


@app.cell
def _(
    sessions,
    again,
    company,
    csm_id,
    form,
    held_back,
    keep,
    meta,
    mo,
    page,
    picker,
    pulse_id,
    set_saves,
    visible,
    workspace,
):
    mo.stop(form.value is None)
    _missing = page.missing(form.value)
    mo.stop(_missing is not None, mo.Html(held_back(_missing or "")))
    _hints = page.hints(workspace, company, picker.value, csm_id, pulse_id, form.value)
    mo.stop(bool(_hints) and not keep.value, mo.vstack([mo.Html(held_back(*_hints)), keep]))
    answer = page.save_pulse(
        workspace,
        company,
        page.token_of(meta),
        pulse_id,
        picker.value,
        form.value,
        model_visible=visible.setdefault(pulse_id, sessions.was_shown(workspace, csm_id, picker.value)),
    )
    if answer.is_recorded:
        sessions.note_shown(workspace, csm_id, picker.value)
        set_saves(lambda saves: saves + 1)
    mo.vstack([mo.Html(answer.html), *([again] if answer.is_recorded else [])])
    return


@app.cell
def _(company, csm_id, get_saves, mo, page, picker, plays, section, workspace):
    get_saves()
    mo.stop(picker.value is None or csm_id is None)
    open_plays = plays.open_plays(workspace, company, picker.value)
    start = mo.ui.text(label="What is begun", max_length=100).form(submit_button_label="Start a play", bordered=False)
    change = (
        mo.Html(page.play_layout())
        .batch(
            play=mo.ui.dropdown(open_plays, value=next(iter(open_plays), None), label="Open play"),
            what=mo.ui.radio(plays.CHANGES, value=plays.CHANGES[0], inline=True, label="It"),
            until=mo.ui.date(value=plays.usual_end(), label="Sleeps until"),
        )
        .form(submit_button_label="Put on record", bordered=False)
    )
    _what = "What is done to keep the account. That a play sleeps concerns reminders alone."
    mo.vstack([mo.Html(section("Plays", [_what])), start, *([change] if open_plays else [])])
    return change, start


@app.cell
def _(get_play_said, mo, picker):
    _account, _html = get_play_said()
    mo.Html(_html if _account == picker.value else "")
    return


@app.cell
def _(change, company, meta, mo, page, picker, plays, set_play_said, set_saves, start, workspace):
    mo.stop(not start.value and change.value is None)
    _token = page.token_of(meta)
    _done = (
        plays.begin_play(workspace, company, _token, picker.value, start.value)
        if start.value
        else plays.change_play(workspace, _token, **change.value)
    )
    set_play_said((picker.value, _done.html))
    # Once it stands the forms are made anew; what was refused stays as it was typed.
    if _done.is_recorded:
        set_saves(lambda saves: saves + 1)
    return


@app.cell
def _(aftermath, company, csm_id, download, empty, section, mo, published, table, workspace):
    mo.stop(csm_id is None)
    _ledger = published(workspace, "judgement_ledger")
    _came = None if _ledger is None else aftermath.what_came(_ledger, company.accounts, csm_id)
    _title = "What happened next to what you said"
    mo.stop(
        _came is None or _came.empty,
        mo.vstack(
            [
                mo.Html(section(_title)),
                mo.Html(empty("No renewal has been decided yet that you had said something of.")),
            ]
        ),
    )
    mo.vstack(
        [
            mo.Html(section(_title, [aftermath.summary_of(_came)])),
            table(_came, widths={"why": 480}),
            download(_came, "what-came-of-it"),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
