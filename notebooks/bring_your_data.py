"""Bring your data: from a folder of files to the first table, step by step.

    falsegreen board --out WORKSPACE             as a page: what is wanted, what is there, what is wrong
    marimo edit notebooks/bring_your_data.py     in the editor, where a button starts the run
    python notebooks/bring_your_data.py          as a script: checks and runs without asking

The folder is the one that FALSEGREEN_SOURCE names, and a made-up company where it names none; what the run makes lies
in the workspace that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="Bring your data · falsegreen", css_file="board.css", html_head_file="board_head.html"
)


@app.cell
def _():
    import marimo as mo

    from pipelines.board import onboarding as page
    from pipelines.board import risk as board
    from pipelines.board.place import the_workspace
    from pipelines.board.shell import empty, header, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import table
    from pipelines.text_display import print_wrapped, stdout

    return board, empty, header, mo, page, print_wrapped, published, section, stdout, table, the_workspace


@app.cell
def _(header, mo, page, section, table):
    request = mo.app_meta().request
    is_page = request is not None
    is_script = mo.app_meta().mode == "script"
    _said = ["Five steps from a folder of exports to Monday's list. Nothing is sent anywhere, and nothing is guessed."]
    _step = [
        "Three tables are required; each of the others adds what its line says, and may be missing. One file a table, "
        "CSV or Parquet, named after it. Every table may carry recorded_at, the moment when your company knew the row: "
        "without it the event's own date stands in, and the output says so.",
    ]
    mo.vstack(
        [
            mo.Html(header("bring-your-data", _said, request.meta if is_page else None)),
            mo.Html(section("1. What is wanted", _step)),
            table(page.tables_wanted(), widths={"columns it must have": 360, "what it is for": 420}),
        ]
    )
    return is_page, is_script


@app.cell
def _(empty, is_page, mo, page, section, table, the_workspace):
    _named = page.the_source()
    mo.stop(
        _named is None and is_page,
        mo.vstack(
            [
                mo.Html(section("2. What is there")),
                mo.Html(
                    empty(
                        "No folder has been named.",
                        "Stop the board, and start it again with `FALSEGREEN_SOURCE=exports/ falsegreen board`",
                        "Or look at a made-up company first: `falsegreen demo`",
                    )
                ),
            ]
        ),
    )
    folder = _named or page.sample_source()
    workspace = the_workspace() if _named else page.workspace_of_sample(folder)
    mo.stop(
        not folder.is_dir(),
        mo.Html(empty(f"There is no folder {folder}.", "Name one that is there: `FALSEGREEN_SOURCE`")),
    )
    _which = f"In {folder}:" if _named else f"You have named no folder, so a made-up company was put in {folder}:"
    _widths = {
        "file": 240,
        "required columns that are missing": 220,
        "optional columns that are not there": 240,
        "columns that no contract names": 220,
    }
    mo.vstack(
        [mo.Html(section("2. What is there", [_which])), table(page.tables_found(folder), rows=20, widths=_widths)]
    )
    return folder, workspace


@app.cell
def _(mo, section):
    check_button = mo.ui.run_button(label="Hold the tables to their contracts")
    _said = [
        "Every row is held to the contract of its table: types, keys, allowed values, references, dates. A row that "
        "breaks one is set aside with the rule that it broke; too many of them, or a column that is missing, stop the "
        "run before anything is written.",
        "On the command line: falsegreen check FOLDER.",
    ]
    mo.vstack([mo.Html(section("3. What is wrong with it", _said)), check_button])
    return (check_button,)


@app.cell
def _(check_button, folder, is_script, mo, page, section, table):
    found = page.checked(folder, lambda _: None) if check_button.value or is_script else None
    _problems = {} if found is None else {"Stops a run": found.problems, "Would be set aside": found.set_aside}
    _widths = {"what is wrong": 320, "the first of them": 480}
    mo.vstack(
        [
            mo.Html("" if found is None else section("What the check found", listed=page.sentences(folder, found))),
            *(
                table(page.problems_table(problems), label=label, widths=_widths)
                for label, problems in _problems.items()
                if problems
            ),
        ]
    )
    return (found,)


@app.cell
def _(is_page, mo, section, workspace):
    run_button = mo.ui.run_button(label="Run everything")
    _said = [
        "Contracts, features as of each date, a model trained on what was known then and measured on what came after, "
        f"scores with reasons, signals, forecast. It goes to {workspace.root}; a run that fails leaves nothing behind.",
        "On the command line: falsegreen run --source FOLDER --out WORKSPACE.",
    ]
    mo.vstack([mo.Html(section("4. The first run", _said)), *([] if is_page else [run_button])])
    return (run_button,)


@app.cell
def _(empty, folder, found, is_script, mo, page, print_wrapped, run_button, stdout, workspace):
    _is_sound = found is not None and not found.problems
    run_id = page.first_run(folder, workspace) if _is_sound and (run_button.value or is_script) else None
    if is_script:
        # A script has no page to look at.
        _ended = f"Published in {workspace.root}." if run_id else f"{folder} is not sound: falsegreen check {folder}"
        print_wrapped(stdout(), _ended)
    _is_early = run_button.value and not _is_sound
    mo.Html(empty("Hold the tables to their contracts first: a run starts from sound ones.") if _is_early else "")
    return (run_id,)


@app.cell
def _(board, empty, mo, page, published, run_id, section, table, workspace):
    # Looked at again once a run has ended.
    run_id
    risk = published(workspace, "account_risk")
    mo.stop(
        risk is None or risk.empty,
        mo.vstack(
            [
                mo.Html(section("5. The first table")),
                mo.Html(empty("Nothing is published yet.", "`falsegreen run --source FOLDER --out WORKSPACE`")),
            ]
        ),
    )
    mo.vstack(
        [
            mo.Html(
                section(
                    "5. The first table",
                    [page.where_from(workspace, risk, run_id), *board.lead(risk)],
                    link=("../risk/", "Go on to the risk board"),
                )
            ),
            table(board.week_table(board.with_names(risk), board.not_yet_scored(workspace)), board.TABLE_FORMATS),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
