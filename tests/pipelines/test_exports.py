"""What is exported comes back as it was: hostile text, types, formats, and what a CRM or a person must not get."""

import csv
import io
import os
import warnings
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.escape import unescape
from typer.testing import CliRunner

from data_contracts.contract import output_contracts
from models.settings import JudgementSettings
from pipelines.command_line import app
from pipelines.exports.delimited import as_csv, neutralize, restore
from pipelines.exports.excel import LONGEST_TEXT, as_workbook
from pipelines.exports.export import ExportError, export_table
from pipelines.exports.formats import ExportFormat
from pipelines.manifest import PublishedError, publish, read_manifest
from pipelines.settings import CrmSettings, ExportSettings, SalesforceSettings, Settings, SettingsError, load_settings
from pipelines.tables import write_output
from pipelines.workspace import Workspace

DAY = date(2026, 6, 29)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\n=1", "'=1", "''  -1", "\uff1d1",
    "<b>Acme & Söhne</b>", "🦄 Unicorn", "שלום בע״מ", 'Comma, "Quote" & Co', "two\nlines", "O'Brien", "a=b", "-", "",
]  # fmt: skip
"""Names that a spreadsheet may compute, a browser render, or a reader split."""


def risk(names: Sequence[str] = ("Acme",), **columns: Sequence[object]) -> pd.DataFrame:
    """One renewal per name; columns replace the same values in every row."""
    count = len(names)
    same: dict[str, object] = {
        "as_of": DAY,
        "renewal_date": date(2026, 9, 1),
        "lead_days": 64,
        "horizon": "0-89",
        "csm_id": "C1",
        "csm_name": "Kim Lee",
        "crm_url": "https://crm.example.com/1",
        "auto_renew": True,
        "status": "open",
        "churn_probability": 0.25,
        "probability_change": -0.05,
        "pulse_age_days": None,
        "last_pulse_reason": "-20 % of the seats, and the VP left",
        "arr": Decimal("120000.50"),
        "expected_arr_loss": Decimal("30000.13"),
        "risk_tier": "high",
        "sentiment": "red",
    }
    repeated = {name: [value] * count for name, value in same.items()}
    ids = [f"A{number:02}" for number in range(count)]
    own: dict[str, object] = {"account_id": ids, "renewal_id": ids, "crm_id": [f"crm-{name}" for name in ids]}
    return pd.DataFrame({**own, "account_name": list(names), **repeated, **columns})


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def plant(workspace: Workspace, frame: pd.DataFrame, table: str = "account_risk", day: date = DAY) -> Path:
    path = workspace.table_file(f"run-{table}-{day}", table)
    write_output(frame, output_contracts()[table], path)
    publish(workspace, day, f"run-{table}-{day}", [table])
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def open_workbook(content: bytes) -> Workbook:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(content))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_looks_like_a_formula_is_none_and_comes_back(text: str) -> None:
    written = neutralize(text)

    assert written[:1] not in tuple("=+-@\t\r\uff1d")
    assert not written.lstrip().startswith(("=", "+", "-", "@"))
    assert restore(written) == text


@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u202e", "\u00ad", " \u2060'"])
def test_characters_that_nobody_sees_hide_no_formula(unseen: str) -> None:
    text = f"{unseen}=1+1"

    assert neutralize(text) == f"'{text}"
    assert restore(neutralize(text)) == text
    assert neutralize(f"{unseen}Acme") == f"{unseen}Acme"


def test_a_csv_holds_types_and_hostile_names(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(HOSTILE))
    target = tmp_path / "risk.csv"

    exported = export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings())

    rows = read_csv(target)
    assert exported.rows == len(rows) == len(HOSTILE)
    assert [restore(row["account_name"]) for row in rows] == HOSTILE
    assert rows[0]["account_name"].startswith("'=")
    assert {rows[0][name] for name in ("lead_days", "probability_change", "arr", "auto_renew", "renewal_date")} == {
        "64", "-0.05", "120000.50", "true", "2026-09-01",
    }  # fmt: skip
    assert rows[0]["pulse_age_days"] == ""
    assert rows[0]["last_pulse_reason"].startswith("'-20 %")
    assert not target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert pd.read_csv(target)["probability_change"].tolist() == [-0.05] * len(HOSTILE)


def test_a_whole_number_beside_a_missing_one_stays_whole(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(["a", "b"], pulse_age_days=[7, None]))
    target = tmp_path / "risk.csv"

    export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings())

    assert [row["pulse_age_days"] for row in read_csv(target)] == ["7", ""]


def test_a_workbook_holds_types_formats_and_no_formula(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(HOSTILE))
    target = tmp_path / "risk.xlsx"

    export_table(workspace, "account_risk", ExportFormat.XLSX, target, Settings())

    book = open_workbook(target.read_bytes())
    sheet: Any = book["account_risk"]
    header, *rows = sheet.iter_rows()
    place = {cell.value: cell.column - 1 for cell in header}
    assert [unescape(row[place["account_name"]].value or "") for row in rows] == HOSTILE
    assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "d", "b"}
    assert not any(cell.hyperlink for row in rows for cell in row)
    first = {name: rows[0][number] for name, number in place.items()}
    assert first["renewal_date"].value.date() == date(2026, 9, 1)
    assert first["renewal_date"].number_format == "yyyy-mm-dd"
    assert (first["churn_probability"].value, first["churn_probability"].number_format) == (0.25, "0.0%")
    assert (first["arr"].value, first["arr"].number_format) == (120000.5, "#,##0.00")
    assert first["auto_renew"].value is True
    assert sheet.freeze_panes == "C2"
    assert sheet.auto_filter.ref == f"A1:{header[-1].column_letter}{len(HOSTILE) + 1}"
    coloured = {str(rule.sqref).split(":")[0] for rule in sheet.conditional_formatting}
    assert coloured == {f"{header[place[name]].column_letter}2" for name in ("risk_tier", "sentiment")}
    meanings = {row[0].value: row[2].value for row in book["columns"].iter_rows()}
    assert meanings["risk_tier"] == output_contracts()["account_risk"].column("risk_tier").description


def test_the_same_rows_give_the_same_workbook_and_a_long_text_is_cut_with_a_mark() -> None:
    contract = output_contracts()["account_risk"]
    rows = [("x" * (LONGEST_TEXT + 1), None), ("y", float("inf"))]

    first, second = (as_workbook(contract, ["top_reason", "usage_view"], rows, DAY) for _ in range(2))

    assert first == second
    sheet: Any = open_workbook(first)["account_risk"]
    assert sheet["B3"].value == "inf"
    text = sheet["A2"].value
    assert len(text) == LONGEST_TEXT
    assert text.endswith("x [cut]")


@pytest.mark.parametrize("form", [ExportFormat.CSV, ExportFormat.XLSX, ExportFormat.PARQUET])
def test_an_empty_table_has_its_header(workspace: Workspace, tmp_path: Path, form: ExportFormat) -> None:
    plant(workspace, risk([]))
    target = tmp_path / "risk"

    assert export_table(workspace, "account_risk", form, target, Settings()).rows == 0
    assert target.stat().st_size > 0


def test_parquet_is_the_published_file_to_the_byte(workspace: Workspace, tmp_path: Path) -> None:
    published = plant(workspace, risk(HOSTILE, pulse_age_days=[None, *range(len(HOSTILE) - 1)]))
    target = tmp_path / "risk.parquet"

    export_table(workspace, "account_risk", ExportFormat.PARQUET, target, Settings())

    assert target.read_bytes() == published.read_bytes()


def test_the_newest_date_is_taken_or_the_one_asked_for(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(["old"]), day=date(2026, 6, 22))
    plant(workspace, risk(["new"]))
    target = tmp_path / "risk.csv"

    assert export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings()).as_of == DAY
    assert read_csv(target)[0]["account_name"] == "new"
    earlier = date(2026, 6, 22)
    assert export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings(), as_of=earlier).as_of == earlier
    assert read_csv(target)[0]["account_name"] == "old"
    with pytest.raises(PublishedError):
        export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings(), as_of=date(2026, 6, 1))


def test_one_book_is_picked_by_name_and_a_table_without_books_says_so(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(["a", "b"], csm_id=["C1", "C2"], csm_name=["Kim Lee", "Bo"]))
    plant(workspace, pd.DataFrame({"habit": ["never_red"], "csm_id": [""], "value": [1.0]}), "pulse_habits")
    target = tmp_path / "risk.csv"

    export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings(), csm="Bo")

    assert [row["account_name"] for row in read_csv(target)] == ["b"]
    with pytest.raises(PublishedError, match="did you mean 'Kim Lee'"):
        export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings(), csm="Kim Le")
    with pytest.raises(ExportError, match="no book to pick"):
        export_table(workspace, "pulse_habits", ExportFormat.CSV, target, Settings(), csm="Bo")


PEOPLE_TABLES = {
    "gut_calibration": pd.DataFrame({"subject": ["colour", "people", "csm"], "item": ["red", "", "C1"]}),
    "pulse_habits": pd.DataFrame({"habit": ["never_red"] * 2, "csm_id": ["", "C1"]}),
    "judgement_ledger": pd.DataFrame({"account_id": ["A1"], "csm_id": ["C1"], "pulse_csm_id": ["C1"]}),
    "backtest_predictions": pd.DataFrame({"account_id": ["A1"], "csm_id": ["C1"]}),
}


@pytest.mark.parametrize("table", PEOPLE_TABLES)
def test_figures_of_people_leave_only_where_people_may_be_shown(
    workspace: Workspace, tmp_path: Path, table: str
) -> None:
    plant(workspace, PEOPLE_TABLES[table], table)
    hidden, shown = tmp_path / "hidden.csv", tmp_path / "shown.csv"

    noted = export_table(workspace, table, ExportFormat.CSV, hidden, Settings())
    settings = Settings(judgement=JudgementSettings(show_people=True))
    assert not export_table(workspace, table, ExportFormat.CSV, shown, settings).notes

    assert "C1" in shown.read_text(encoding="utf-8")
    assert "C1" not in hidden.read_text(encoding="utf-8")
    assert "show_people" in noted.notes[0]
    assert len(read_csv(hidden)) == (len(PEOPLE_TABLES[table]) - 1 or 1)


def test_every_table_that_names_a_csm_is_one_of_owners_or_is_thought_of() -> None:
    """A new table with a person in it must be put on one side or the other."""
    owners = {"account_risk", "signals", "false_greens", "renewal_forecast"}
    naming = {name for name, each in output_contracts().items() if "csm_id" in each.column_names}

    assert naming - owners == set(PEOPLE_TABLES) - {"gut_calibration"}


def test_a_crm_gets_one_row_per_account_and_the_rest_is_listed(workspace: Workspace, tmp_path: Path) -> None:
    names = ["first", "again", "no id", "blank id", "shares the id", "other"]
    plant(
        workspace,
        risk(
            names,
            account_id=["A1", "A1", "A2", "A3", "A4", "A5"],
            crm_id=[" 001 ", "001", None, "  ", "001", "002"],
            risk_tier=["high", "low", "high", "high", "low", None],
            top_reason=['=HYPERLINK("x")', *["fine"] * 5],
        ),
    )
    target = tmp_path / "salesforce.csv"

    exported = export_table(workspace, "account_risk", ExportFormat.SALESFORCE, target, Settings())

    rows = read_csv(target)
    assert [(row["Id"], row["Churn_Risk_Tier__c"]) for row in rows] == [("001", "high"), ("002", "#N/A")]
    assert rows[0]["Churn_Top_Reason__c"] == '\'=HYPERLINK("x")'
    assert rows[0]["Churn_Probability__c"] == "0.25"
    assert exported.rows == 2
    assert "Left out: 2 rows, no crm_id." in exported.notes
    assert "Left out: 2 rows, another renewal of the same CRM account comes first." in exported.notes
    listed = read_csv(tmp_path / "salesforce.left_out.csv")
    assert [row["account_name"] for row in listed] == ["again", "no id", "blank id", "shares the id"]
    assert len(rows) + len(listed) == len(names)


def test_what_was_left_out_before_is_not_left_lying(workspace: Workspace, tmp_path: Path) -> None:
    stale = tmp_path / "hubspot.left_out.csv"
    stale.write_text("old", encoding="utf-8")
    plant(workspace, risk(["one"]))

    export_table(workspace, "account_risk", ExportFormat.HUBSPOT, tmp_path / "hubspot.csv", Settings())

    assert not stale.exists()
    header = next(csv.reader((tmp_path / "hubspot.csv").read_text(encoding="utf-8").splitlines()))
    assert header[:3] == ["hs_object_id", "churn_risk_as_of", "churn_risk_tier"]


def test_the_fields_of_a_crm_are_settings(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(["one"], sentiment=[None]))
    fields = {"sentiment": "Gut__c", "no_such_column": "X__c"}
    crm = SalesforceSettings(key="External__c", fields=fields)
    target = tmp_path / "out.csv"

    exported = export_table(
        workspace, "account_risk", ExportFormat.SALESFORCE, target, Settings(export=ExportSettings(salesforce=crm))
    )

    assert target.read_text(encoding="utf-8") == '"External__c","Gut__c"\n"crm-A00","#N/A"\n'
    assert exported.notes == ("Not in the table of that date: no_such_column.",)
    with pytest.raises(ValueError, match="several columns go to one field: A"):
        CrmSettings(key="A", fields={"arr": "A"})
    path = tmp_path / "settings.yaml"
    path.write_text("export: {hubspot: {keys: x}}", encoding="utf-8")
    with pytest.raises(SettingsError, match="did you mean `key`"):
        load_settings(path)


def test_only_the_risk_table_goes_to_a_crm(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, PEOPLE_TABLES["pulse_habits"], "pulse_habits")

    with pytest.raises(ExportError, match="only `account_risk`"):
        export_table(workspace, "pulse_habits", ExportFormat.HUBSPOT, tmp_path / "x.csv", Settings())


def test_a_failed_export_leaves_the_old_file(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(workspace, risk(["one"]))
    target = tmp_path / "folder" / "risk.csv"
    export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings())
    before = target.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        export_table(workspace, "account_risk", ExportFormat.CSV, target, Settings(), csm="C1")

    assert target.read_bytes() == before
    assert list(target.parent.iterdir()) == [target]


def test_the_command_writes_tells_and_refuses(workspace: Workspace, tmp_path: Path) -> None:
    plant(workspace, risk(["one"], crm_id=[None]))
    run = CliRunner()
    place = ["--out", str(workspace.root)]

    done = run.invoke(app, ["export", *place, "--to", str(tmp_path / "risk.parquet")])
    assert done.exit_code == 0
    assert "account_risk as of 2026-06-29: 1 row in" in done.output
    left = run.invoke(app, ["export", *place, "--format", "hubspot", "--to", str(tmp_path / "hs.csv")])
    assert left.exit_code == 0
    assert "Left out: 1 row, no crm_id." in " ".join(left.output.split())

    assert run.invoke(app, ["export", *place, "--to", str(tmp_path / "risk.doc")]).exit_code == 2
    unknown = run.invoke(app, ["export", "risks", *place, "--to", str(tmp_path / "risk.csv")])
    assert unknown.exit_code == 1
    assert "There is no table 'risks'" in unknown.output
    assert read_manifest(workspace, DAY) is not None


def test_names_and_numbers_of_a_header_are_not_formulas_either() -> None:
    assert as_csv(["=a", "b"], [(-1, "-1")]) == b'"\'=a","b"\n-1,"\'-1"\n'
