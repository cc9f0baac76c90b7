"""`falsegreen pulse`: a judgement put on record from the terminal, what has been recorded, and the criteria.

Options are passed on as they were typed: the contract says what is wrong with them. The token comes from the
environment, since a command line can be read by others and is kept in histories.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.command_errors import bad_usage, errors_in_words
from pipelines.command_options import Debug, Out, existing_workspace
from pipelines.text_display import stdout

HOME = Path(".falsegreen")


def pulse(
    account: Annotated[str | None, typer.Argument(help="Id or name of the account.")] = None,
    colour: Annotated[str | None, typer.Option("--colour", "--color", metavar="[green|yellow|red]")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, in one sentence. Required.")] = None,
    about: Annotated[
        str, typer.Option("--about", metavar="[relationship|renewal]", help="What it speaks of.")
    ] = "relationship",
    champion: Annotated[str | None, typer.Option("--champion", metavar="[in_place|leaving|gone|unknown]")] = None,
    executive_view: Annotated[
        str | None, typer.Option("--executive-view", metavar="[supportive|neutral|skeptical|unknown]")
    ] = None,
    budget: Annotated[str | None, typer.Option("--budget", metavar="[healthy|tight|cut|unknown]")] = None,
    reorganization: Annotated[
        str | None, typer.Option("--reorganization", metavar="[none|announced|under_way|unknown]")
    ] = None,
    value_exceeds_price: Annotated[
        str | None, typer.Option("--value-exceeds-price", metavar="[yes|no|unknown]")
    ] = None,
    model_visible: Annotated[
        str,
        typer.Option(
            "--model-visible", metavar="[yes|no|unknown]", help="Whether a score was in view when you decided."
        ),
    ] = "unknown",
    listed: Annotated[
        bool, typer.Option("--list", help="Instead: what has been recorded, of ACCOUNT or of all.")
    ] = False,
    criteria: Annotated[
        bool, typer.Option("--criteria", help="Instead: what green, yellow and red stand for.")
    ] = False,
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Put on record how ACCOUNT feels today and why. The author is whoever the token in FALSEGREEN_TOKEN speaks for."""
    with errors_in_words(debug=debug):
        from pipelines.recording import display

        if criteria:
            display.print_criteria(stdout())
            return
        workspace = existing_workspace(out)
        if listed:
            display.print_pulses(stdout(), workspace, account)
            return
        if account is None or colour is None or reason is None:
            bad_usage(
                "A pulse needs an ACCOUNT, a --colour and a --reason. `falsegreen pulse --criteria` helps to choose."
            )
        from pipelines.recording.hints import hints_before_saving
        from pipelines.recording.known import know_company
        from pipelines.recording.people import author_of, token_of_environment
        from pipelines.recording.pulses import PulseForm, record_pulse
        from pipelines.recording.records import new_id

        csm_id = author_of(workspace, token_of_environment())
        company = know_company(workspace)
        form = PulseForm(
            pulse_id=new_id(),
            account_id=company.account_named(account),
            sentiment=colour,
            reason=reason,
            about=about,
            champion=champion,
            executive_view=executive_view,
            budget=budget,
            reorganization=reorganization,
            value_exceeds_price=value_exceeds_price,
            model_visible=model_visible,
        )
        recorded = record_pulse(workspace, company, form, csm_id, datetime.now(UTC))
        hints = hints_before_saving(workspace, company, reason, form.account_id, csm_id, form.pulse_id)
        display.print_recorded_pulse(stdout(), company, recorded.row, hints)
