"""The model: how good it was out of time, whether it still holds, what moves it, and who put it in charge.

    falsegreen board --out WORKSPACE             as a page, with all the others
    marimo edit notebooks/model_review.py        in the editor
    python notebooks/model_review.py             as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Model · falsegreen", css_file="board.css", html_head_file="board_head.html")


@app.cell
def _():
    import marimo as mo

    from models.plots import auc_by_cutoff
    from pipelines.board import backtest as board
    from pipelines.board import model_charts as charts
    from pipelines.board.place import the_settings, the_workspace
    from pipelines.board.shell import header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import chart, table_to_take

    return (
        auc_by_cutoff,
        board,
        chart,
        charts,
        header,
        mo,
        nothing_published,
        published,
        section,
        table_to_take,
        the_settings,
        the_workspace,
    )


@app.cell
def _(board, header, mo, nothing_published, published, the_settings, the_workspace):
    workspace = the_workspace()
    settings = the_settings().model
    metrics = published(workspace, "backtest_metrics")
    predictions = published(workspace, "backtest_predictions")
    drift = published(workspace, "model_drift")
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    mo.stop(
        metrics is None or predictions is None,
        mo.vstack(
            [
                mo.Html(header("model", meta=meta)),
                mo.Html(nothing_published("No model was trained here yet.")),
            ]
        ),
    )
    mo.Html(header("model", board.lead(metrics, drift), meta))
    return drift, metrics, predictions, settings, workspace


@app.cell
def _(board, metrics, mo):
    bands = board.bands(metrics)
    mo.stop(not bands)
    band = mo.ui.dropdown(bands, value=next(iter(bands)), label="horizon")
    figure = mo.ui.dropdown(list(board.CHARTED), value=board.USUAL, label="figure")
    mo.hstack([band, figure], wrap=True, justify="start", gap=1)
    return band, figure


@app.cell
def _(band, board, chart, charts, figure, metrics, mo, section, table_to_take):
    figures = board.figure_table(metrics, band.value)
    mo.vstack(
        [
            mo.Html(
                section(
                    board.heading(metrics, band.value),
                    listed=board.in_words(metrics, band.value),
                    small=(board.READING,),
                )
            ),
            chart(charts.figure_chart(figures, figure.value)),
            table_to_take(figures, "backtest", board.FIGURE_FORMATS, "Every figure, model and baseline"),
        ]
    )
    return


@app.cell
def _(board, metrics, mo):
    slicings = board.slices_of(metrics)
    mo.stop(not slicings)
    slicing = mo.ui.dropdown(slicings, value=next(iter(slicings)), label="by")
    sliced_figure = mo.ui.dropdown(list(board.SLICED), value=board.USUAL, label="figure")
    return sliced_figure, slicing


@app.cell
def _(band, board, chart, charts, metrics, mo, section, settings, sliced_figure, slicing, table_to_take):
    slices = board.slice_table(metrics, band.value, slicing.value)
    _is_drawn = (board.drawn_slices(slices)["figure"] == sliced_figure.value).any()
    mo.vstack(
        [
            mo.Html(section("Slice by slice", small=(board.slice_reading(settings),))),
            mo.hstack([slicing, sliced_figure], wrap=True, justify="start", gap=1),
            chart(charts.slice_chart(slices, sliced_figure.value)) if _is_drawn else mo.md(board.NO_SLICE),
            table_to_take(slices, "slices", board.SLICE_FORMATS),
        ]
    )
    return


@app.cell
def _(band, board, chart, charts, mo, section, settings, workspace):
    reliability = charts.published_reliability(workspace, settings, band.value)
    mo.stop(reliability is None)
    mo.vstack(
        [
            mo.Html(section("Are the probabilities true?", small=(board.RELIABILITY_READING,))),
            chart(reliability),
        ]
    )
    return


@app.cell
def _(auc_by_cutoff, board, chart, charts, mo, predictions, section, table_to_take):
    mo.stop(predictions.empty)
    _aucs = auc_by_cutoff(predictions)
    mo.vstack(
        [
            mo.Html(section("Does the ranking hold over time?")),
            chart(charts.ranking_by_cutoff(_aucs)),
            table_to_take(board.cutoff_table(_aucs), "ranking-by-cutoff", board.CUTOFF_FORMATS),
        ]
    )
    return


@app.cell
def _(board, drift, mo, section, table_to_take):
    mo.stop(drift is None)
    mo.vstack(
        [
            mo.Html(section("Does it still hold?", board.drift_in_words(drift))),
            table_to_take(board.drift_table(drift), "drift", board.DRIFT_FORMATS, widths={"in words": 480}),
        ]
    )
    return


@app.cell
def _(mo, section, workspace):
    # Last, and imported here: what keeps the registry takes seconds to load the first time.
    from pipelines.board import champions

    registry = champions.read_registry(workspace)
    mo.stop(registry is None, mo.Html(section("What moves it", (champions.NOTHING,))))
    contributions = registry.contributions
    return champions, contributions, registry


@app.cell
def _(champions, chart, charts, contributions, mo, section, table_to_take):
    mo.stop(
        contributions is None or contributions.empty,
        mo.Html(section("What moves it", (champions.NO_CONTRIBUTIONS,))),
    )
    feature = mo.ui.dropdown(
        champions.features_of(contributions), value=champions.features_of(contributions)[0], label="feature"
    )
    mo.vstack(
        [
            mo.Html(section("What moves it", small=(champions.READING,))),
            chart(charts.summary_chart(contributions)),
            table_to_take(champions.effect_table(contributions), "effects", champions.EFFECT_FORMATS),
        ]
    )
    return (feature,)


@app.cell
def _(champions, chart, charts, contributions, feature, mo, section, table_to_take):
    depends = champions.dependence(contributions, feature.value)
    mo.vstack(
        [
            mo.Html(section("What a value contributes", champions.without_value(contributions, feature.value))),
            feature,
            chart(charts.dependence_chart(depends, feature.value)),
            table_to_take(depends, "dependence", champions.DEPENDENCE_FORMATS),
        ]
    )
    return


@app.cell
def _(champions, mo, registry, section, table_to_take):
    mo.vstack(
        [
            mo.Html(section("Who was put in charge, by whom and why")),
            table_to_take(
                champions.decision_table(registry), "decisions", label="Decisions", widths={"why": 320, "figures": 480}
            ),
            table_to_take(champions.version_table(registry), "versions", champions.VERSION_FORMATS, "Versions"),
        ]
    )
    return


@app.cell
def _(champions, mo, registry):
    mo.stop(registry.card is None)
    mo.Html(champions.card_page(registry.card))
    return


if __name__ == "__main__":
    app.run()
