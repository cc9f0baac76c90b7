"""The page is what the declarations say, and the feature table is what the page says."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from data_contracts.contract import output_contracts, source_contracts
from features.build import build_features
from features.catalogue import FEATURES, MEASURED
from features.data_dictionary import PAGE, render_page, write_page
from features.feature_sets import NO_HUMAN_JUDGEMENT
from features.sources import Sources
from features.spine import KEY, build_spine

MakeSources = Callable[..., Sources]


def cells_of(page: str) -> dict[tuple[str, str], list[str]]:
    """Return the cells of each row of the page by section and first word."""
    cells, section = {}, ""
    for line in page.splitlines():
        if line.startswith("#"):
            section = line.lstrip("# ").strip("`")
        elif line.startswith("| `"):
            row = [cell.strip() for cell in line.strip("|").split(" | ")]
            cells[section, row[0].split("`")[1]] = row
    return cells


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_page(), "run `python -m features.data_dictionary`"


def test_the_page_is_written_where_asked(tmp_path: Path) -> None:
    write_page(tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == render_page()


def test_the_page_lists_every_column_and_every_feature_once() -> None:
    contracts = [*source_contracts().values(), *output_contracts().values()]
    columns = {(contract.table, name) for contract in contracts for name in contract.column_names}
    features = {(feature.family, name) for name, feature in FEATURES.items()}
    assert set(cells_of(render_page())) == columns | features
    listed = [line for line in render_page().splitlines() if line.startswith("| `")]
    assert len(listed) == len(columns) + len(features)


def test_rows_say_what_the_declarations_say() -> None:
    cells = cells_of(render_page())
    csat = cells["support_tickets", "csat"]
    assert csat[1:7] == ["BIGINT", "points 1-5", "1 to 5", "yes", "yes", "`closed_at`"]
    assert cells["support_tickets", "priority"][3] == "low, normal, high, urgent"
    assert cells["support_tickets", "priority"][-1].endswith("Final state.")
    assert cells["integration_runs", "integration"][0] == "`integration` (key 2)"
    assert cells["invoices", "currency"][-1].endswith("Where missing, USD. Read in capitals, without blanks around it.")
    usage_view = {name for name in FEATURES if cells[FEATURES[name].family, name][5] == "yes"}
    assert usage_view == set(NO_HUMAN_JUDGEMENT)


def test_the_feature_table_is_what_the_catalogue_declares(make_sources: MakeSources) -> None:
    days = [date(2024, 6, 3), date(2024, 9, 2)]
    sources = make_sources(
        csm_pulses=[{}],
        entitlements=[{}],
        support_tickets=[{}, {"ticket_id": "t2", "closed_at": "2024-05-02T11:30:00", "csat": 4}],
        survey_responses=[{"submitted_at": "2024-05-01T09:00:00", "nps": 7, "comment": "Fine"}],
        invoices=[{}],
        integration_runs=[{}],
    )
    spine = build_spine(sources, days)
    table = sources.engine.to_pandas(build_features(spine, sources), KEY)
    assert len(table) == len(days)
    assert [name for name in table.columns if "__" in name] == list(MEASURED)
    for name, feature in MEASURED.items():
        column = table[name]
        assert pd.api.types.is_string_dtype(column) if feature.kind == "category" else column.dtype == "float64", name
        if feature.kind == "integer":
            assert (column.dropna() % 1 == 0).all(), name
        if feature.kind == "boolean":
            assert column.dropna().isin([0, 1]).all(), name
        if feature.unit.startswith("share 0-1"):
            assert column.dropna().between(0, 1).all(), name
