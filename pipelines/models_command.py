"""`falsegreen models`: what the registry holds, and a person's say in it.

Checked, passed on and shown; deciding and keeping are done elsewhere. Heavy libraries are imported inside the commands.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.command_errors import bad_usage, errors_in_words
from pipelines.command_options import Debug, Out
from pipelines.text_display import print_lines, print_wrapped, stderr, stdout

if TYPE_CHECKING:
    from pipelines.workspace import Workspace

Number = Annotated[int, typer.Argument(min=1, help="Number of a version, as `falsegreen models` lists it.")]
HOME = Path(".falsegreen")

app = typer.Typer(
    name="models",
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="The trained models: which there are, which one is in charge, why, and how to change that.",
)


@app.callback()
def models(context: typer.Context, out: Out = HOME, debug: Debug = False) -> None:
    """List the models; without a command the same as `falsegreen models list`."""
    if context.invoked_subcommand is None:
        _list(out, debug=debug)
    else:
        # A workspace that is named before the command is meant for it too.
        context.default_map = {context.invoked_subcommand: {"out": str(out)}}


@app.command("list", short_help="Every version, the newest first, with its figures and its decision")
def list_versions(out: Out = HOME, debug: Debug = False) -> None:
    """List every version, the newest first: its date, recipe, kind, alias, figures, and what was decided of it."""
    _list(out, debug=debug)


@app.command(short_help="Two versions on identical rows, with intervals")
def compare(first: Number, second: Number, out: Out = HOME, debug: Debug = False) -> None:
    """Compare the walks of versions FIRST and SECOND on the rows that both predicted, per horizon."""
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        if first == second:
            bad_usage("Name two different versions.")
        from pipelines.models_display import print_comparison

        print_comparison(stdout(), workspace.mlflow, first, second)


@app.command(short_help="Put a version in charge, with a reason")
def promote(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence; it goes on record.")],
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Put version NUMBER in charge, whatever the comparison said; who, when and why go on record."""
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        if not reason.strip():
            bad_usage("--reason is empty. Whoever looks this up later will want to know why.")
        from pipelines.models_display import print_change
        from pipelines.succession import promote as put_in_charge

        print_change(stdout(), put_in_charge(workspace, number, reason.strip(), _say))


@app.command(short_help="Go back to the champion before")
def rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence; it goes on record.")] = "",
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Put the version back in charge that was before the present one; scores are again what they were."""
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        from pipelines.models_display import print_change
        from pipelines.succession import roll_back

        print_change(stdout(), roll_back(workspace, reason.strip() or "No reason was given.", _say))


@app.command(short_help="Who decided what, when, and on which figures")
def decisions(out: Out = HOME, debug: Debug = False) -> None:
    """Print every decision on record, the newest first."""
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        from pipelines.models_display import print_decisions

        print_decisions(stdout(), workspace.mlflow)


@app.command(short_help="The model card of a version")
def card(
    number: Annotated[int | None, typer.Argument(min=1, help="Number of a version. Default: the champion.")] = None,
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Print the model card of version NUMBER, Markdown; it lies with the version in MLflow too."""
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        from pipelines.registry import RegistryError, find_champion, find_version, list_models
        from pipelines.tracking import load_card

        list_models(workspace.mlflow)  # says so where there is nothing
        version = find_champion(workspace.mlflow) if number is None else find_version(workspace.mlflow, number)
        if version is None:
            raise RegistryError("No version is in charge. Name one by its number, as `falsegreen models` lists it.")
        text = load_card(workspace.mlflow, version)
        print_lines(stdout(), text.rstrip("\n"))


@app.command(short_help="From what a run was made, and the run made again")
def reproduce(
    run_id: Annotated[str, typer.Argument(help="MLflow's id of a training run, as `falsegreen models` shows it.")],
    source: Annotated[
        Path | None,
        typer.Option(
            "--source", exists=True, file_okay=False, help="Folder of source tables: train again from them and compare."
        ),
    ] = None,
    out: Out = HOME,
    debug: Debug = False,
) -> None:
    """Say from what the run RUN_ID was made and what is different here; with --source, make it again and compare.

    Nothing in the workspace changes: a run is made again in a scratch folder. Exit code 1 if it gives another model.
    """
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        from pipelines.models_display import print_reproduction
        from pipelines.rebuilding import rebuild, remember

        memory = remember(workspace.mlflow, run_id)
        rebuilt = None
        if source is not None:
            with stderr().status("training again ...") as status:
                rebuilt = rebuild(memory, source, workspace.recorded, status.update)
        print_reproduction(stdout(), memory, rebuilt)
        if rebuilt is not None and rebuilt.model_version != memory.model.model_version:
            raise typer.Exit(1)


def _list(out: Path, *, debug: bool) -> None:
    with errors_in_words(debug=debug):
        workspace = _existing_workspace(out)
        from pipelines.models_display import print_models

        print_models(stdout(), workspace.mlflow)


def _say(text: str) -> None:
    print_wrapped(stderr(), text)


def _existing_workspace(out: Path) -> "Workspace":
    from pipelines.workspace import Workspace

    if not out.is_dir():
        bad_usage(f"There is no workspace at {out}. `falsegreen run` makes one.")
    return Workspace(out)
