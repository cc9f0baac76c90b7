"""The forecast: what will renew, within which bounds, and how far such forecasts have been off.

    falsegreen board --out WORKSPACE             as a page, with all the others
    marimo edit notebooks/forecast.py            in the editor
    python notebooks/forecast.py                 as a script

The workspace is the one that FALSEGREEN_HOME names.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(
    width="full", app_title="Forecast · falsegreen", css_file="board.css", html_head_file="board_head.html"
)


@app.cell
def _():
    import marimo as mo

    from pipelines.board import forecast as board
    from pipelines.board import forecast_charts as charts
    from pipelines.board import forecast_record as past
    from pipelines.board.place import the_settings, the_workspace
    from pipelines.board.shell import header, nothing_published, section
    from pipelines.board.tables import published
    from pipelines.board.widgets import chart, table, table_to_take
    from pipelines.forecast_display import rules_in_words

    return (
        board,
        charts,
        header,
        mo,
        nothing_published,
        past,
        published,
        rules_in_words,
        section,
        chart,
        table,
        table_to_take,
        the_settings,
        the_workspace,
    )


@app.cell
def _(board, header, mo, nothing_published, past, published, the_settings, the_workspace):
    workspace = the_workspace()
    settings = the_settings().forecast
    forecast = published(workspace, "renewal_forecast")
    names = board.csm_names(published(workspace, "account_risk"))
    request = mo.app_meta().request
    meta = None if request is None else request.meta
    mo.stop(
        forecast is None or forecast.empty,
        mo.vstack(
            [
                mo.Html(header("forecast", meta=meta)),
                mo.Html(
                    nothing_published(
                        "No forecast is published here yet, or nothing falls due in the quarters that are forecast."
                    )
                ),
            ]
        ),
    )
    record = past.record_beside(workspace, forecast)
    mo.Html(header("forecast", board.lead(forecast, record, settings), meta))
    return forecast, names, record, settings


@app.cell
def _(board, forecast, mo):
    of_currencies = board.currencies(forecast)
    currency = mo.ui.dropdown(of_currencies, value=of_currencies[0], label="currency")
    kind = mo.ui.dropdown(list(board.KINDS), value="quarters", label="periods")
    level = mo.ui.dropdown(list(board.LEVELS), value="everything", label="by")
    mo.hstack([currency, kind, level], wrap=True, justify="start", gap=1)
    return currency, kind, level


@app.cell
def _(board, currency, forecast, kind, level, mo, names):
    totals = board.outlook(forecast, currency.value, kind.value, "everything")
    rows = board.outlook(forecast, currency.value, kind.value, level.value, names)
    choices, first = board.periods(totals)
    period = mo.ui.dropdown(choices, value=first, label="period in detail")
    period
    return period, rows, totals


@app.cell
def _(board, chart, charts, kind, level, mo, period, rows, rules_in_words, section, settings, table_to_take, totals):
    mo.vstack(
        [
            mo.Html(
                section(
                    board.HEADINGS[kind.value],
                    small=(*board.reading(level.value, kind.value), rules_in_words(settings), *board.footnotes(totals)),
                )
            ),
            chart(
                charts.periods_chart(totals)
                if level.value == "everything"
                else charts.lines_chart(rows, period.value, level.value)
            ),
            table_to_take(board.outlook_table(rows, level.value), "forecast", board.OUTLOOK_FORMATS),
        ]
    )
    return


@app.cell
def _(board, chart, charts, currency, level, mo, period, section, table_to_take, totals):
    row = totals[totals["period"] == period.value].iloc[0].to_dict()
    steps = board.waterfall(row)
    mo.vstack(
        [
            mo.Html(
                section(
                    f"What becomes of the ARR due in {period.value}",
                    figures=board.at_a_glance(row),
                    small=board.waterfall_reading(level.value),
                )
            ),
            chart(charts.waterfall_chart(steps, currency.value, period.value)),
            table_to_take(board.waterfall_table(steps), "waterfall", board.WATERFALL_FORMATS),
        ]
    )
    return


@app.cell
def _(mo, past, record):
    origins = past.origins(record)
    mo.stop(record.empty, mo.Html(f'<p class="fg muted">{past.NOTHING}</p>'))
    distances, usual = past.distances(record)
    origin = mo.ui.dropdown(origins, value=next(iter(origins)), label="forecasts")
    ahead = mo.ui.dropdown(distances, value=usual, label="made days ahead")
    return ahead, origin


@app.cell
def _(ahead, chart, charts, currency, mo, origin, past, record, section, settings, table, table_to_take):
    judged = past.quarters(record, origin.value, currency.value, ahead.value)
    mo.vstack(
        [
            mo.Html(section("How past forecasts did", (past.in_words(judged, ahead.value),), small=(past.READING,))),
            mo.hstack([origin, ahead], wrap=True, justify="start", gap=1),
            chart(charts.record_chart(judged, ahead.value)),
            table_to_take(past.quarters_table(judged), "past-forecasts", past.RECORD_FORMATS, "Every quarter"),
            chart(charts.errors_chart(past.mean_errors(record, origin.value, settings))),
            table(
                past.summary_table(record, origin.value, settings),
                past.SUMMARY_FORMATS,
                "By days ahead, all currencies",
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
