"""Gut feel: what colours have meant, how they age, what predicts, and who was right where usage said otherwise.

    falsegreen board --out WORKSPACE             as a page, with all the others
    marimo edit notebooks/gut_feel_review.py     in the editor
    python notebooks/gut_feel_review.py          as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="Gut feel · falsegreen", css_file="board.css", html_head_file="board_head.html"
)


@app.cell
def _():
    import marimo as mo

    from pipelines.board import gut_charts as charts
    from pipelines.board import gut_feel as board
    from pipelines.board import overrides as held
    from pipelines.board import pulse_givers as given
    from pipelines.board.model_charts import published_reliability
    from pipelines.board.place import the_settings, the_workspace
    from pipelines.board.shell import empty, header, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import chart, table, table_to_take
    from pipelines.gut_in_words import ageing_in_words, chance_in_words

    return (
        ageing_in_words,
        board,
        chance_in_words,
        chart,
        charts,
        empty,
        given,
        header,
        held,
        mo,
        published,
        published_reliability,
        section,
        table,
        table_to_take,
        the_settings,
        the_workspace,
    )


@app.cell
def _(board, empty, given, header, mo, published, the_settings, the_workspace):
    workspace = the_workspace()
    settings = the_settings()
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    calibration, habits, notes = given.shown(
        published(workspace, "gut_calibration"), published(workspace, "pulse_habits"), settings.judgement
    )
    overrides = published(workspace, "override_value")
    mo.stop(
        calibration is None or habits is None or overrides is None,
        mo.vstack(
            [
                mo.Html(header("gut-feel", meta=meta)),
                mo.Html(
                    empty(
                        "No record of judgement is published here yet: a training makes it.",
                        "Try it on a made-up company: `falsegreen demo`",
                        "With your own tables: `falsegreen run --source DIR --out WORKSPACE`, then reload",
                        "With a spreadsheet of past colours and outcomes alone: `falsegreen judge FILE`",
                    )
                ),
            ]
        ),
    )
    mo.Html(header("gut-feel", (*board.lead(calibration), *notes), meta))
    return calibration, habits, overrides, settings, workspace


@app.cell
def _(board, mo):
    taken = mo.ui.dropdown(board.TAKEN, value=board.USUAL_WORDS, label="taken")
    counted = mo.ui.dropdown(board.COUNTED, value="all renewals", label="of")
    sliced = mo.ui.dropdown(list(board.SLICED), value=board.EVERYTHING, label="colours by")
    mo.hstack([taken, counted, sliced], wrap=True, justify="start", gap=1)
    return counted, sliced, taken


@app.cell
def _(board, calibration, chart, charts, counted, mo, section, sliced, table_to_take, taken):
    meant = board.colour_table(calibration, sliced.value, taken.value, counted.value)
    figures = board.figures_of(calibration, taken.value, counted.value)
    mo.vstack(
        [
            mo.Html(section("What colours meant", small=(board.MEANING, board.INTERVALS))),
            chart(charts.colours_chart(meant)),
            table_to_take(meant, "colours", board.COLOUR_FORMATS),
        ]
        if len(meant)
        else [mo.Html(section("What colours meant", (board.NOTHING,)))]
    )
    return (figures,)


@app.cell
def _(board, figures, mo, section, table):
    views = board.view_table(figures)
    mo.vstack(
        [
            mo.Html(section("What they were worth beside usage", board.views_in_words(figures))),
            *([table(views, board.VIEW_FORMATS, "The same renewals for each view")] if len(views) else []),
        ]
    )
    return


@app.cell
def _(chart, mo, published_reliability, section, settings, workspace):
    reliability = published_reliability(workspace, settings.model, model="gut_view")
    mo.stop(reliability is None)
    mo.vstack(
        [
            mo.Html(
                section(
                    "Is the gut view true?",
                    small=(
                        "What colours had meant until then, in the walk forward, against what came: on the dashed line "
                        "it was true. Predictions that are true keep to the shaded band. Of all predictions 90 to 180 "
                        "days ahead, whatever is chosen above.",
                    ),
                )
            ),
            chart(reliability),
        ]
    )
    return


@app.cell
def _(ageing_in_words, board, chart, charts, figures, mo, section, table_to_take):
    ages = board.age_table(figures)
    ageing = ageing_in_words(figures)
    mo.stop(ages.empty)
    mo.vstack(
        [
            mo.Html(
                section(
                    "How a colour ages",
                    () if ageing is None else (ageing,),
                    small=("AUC: the chance that a lost renewal had the worse colour; one half is chance.",),
                )
            ),
            chart(charts.ages_chart(ages)),
            table_to_take(ages, "ages-of-colours", board.AGE_FORMATS),
        ]
    )
    return


@app.cell
def _(board, chance_in_words, chart, charts, figures, mo, section, table_to_take):
    said = board.answer_table(figures)
    mo.stop(said.empty, mo.Html(section("Answers and reasons", ("Nothing can be said of any answer or reason.",))))
    mo.vstack(
        [
            mo.Html(section("Answers and reasons that predict", (chance_in_words(len(said)),))),
            chart(charts.answers_chart(said)),
            table_to_take(said, "answers-and-reasons", board.ANSWER_FORMATS),
        ]
    )
    return


@app.cell
def _(held, mo):
    way = mo.ui.dropdown(held.WAYS, value=next(iter(held.WAYS)), label="where")
    population = mo.ui.dropdown(held.POPULATIONS, value=next(iter(held.POPULATIONS)), label="on")
    return population, way


@app.cell
def _(chart, charts, held, mo, overrides, section, table_to_take, taken, way):
    differing = held.disagreement_table(overrides, taken.value, way.value)
    mo.vstack(
        [
            mo.Html(section("Who was right where they disagreed", small=(held.READING,))),
            way,
            *(
                [
                    chart(charts.expectations_chart(held.expectations(differing))),
                    table_to_take(differing, "disagreements", held.DISAGREEMENT_FORMATS),
                ]
                if len(differing)
                else [mo.md(held.NOTHING)]
            ),
        ]
    )
    return


@app.cell
def _(chart, charts, held, mo, overrides, population, section, table_to_take, taken):
    gains = held.policy_table(overrides, taken.value, population.value)
    mo.vstack(
        [
            mo.Html(section("What following the person would have gained", small=(held.POLICY_READING,))),
            population,
            *(
                [chart(charts.policies_chart(gains)), table_to_take(gains, "policies", held.POLICY_FORMATS)]
                if len(gains)
                else [mo.md(held.NOTHING)]
            ),
        ]
    )
    return


@app.cell
def _(board, calibration, figures, given, mo, section, settings, table, taken):
    people = given.people_table(calibration, taken.value)
    _said = given.people_in_words(figures, taken.value, calibration, settings.judgement)
    mo.vstack(
        [
            mo.Html(section("People", _said, small=(board.PURPOSE,))),
            *([table(people, {}, "Shrunk towards the team and adjusted for their books")] if len(people) else []),
        ]
    )
    return


@app.cell
def _(given, habits, mo, section, table_to_take):
    mo.vstack(
        [
            mo.Html(
                section(
                    "How pulses are given",
                    listed=given.habits_in_words(habits),
                    small=("Worth a look is not wrong: each habit has good reasons, too.",),
                )
            ),
            table_to_take(given.habit_table(habits), "habits", given.HABIT_FORMATS, widths={"what was found": 560}),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
