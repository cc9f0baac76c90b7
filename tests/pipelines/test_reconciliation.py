"""The forecast's money against the renewals, counted by two paths that share no code."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from data_contracts.contract import SOURCE_TABLES, output_contracts
from features.dues import DUE_KEY, build_dues
from features.engine import DuckDBEngine
from features.sources import Sources
from models.baselines import BaseRates
from models.calibration import DATED_BANDS
from models.contraction import Contraction
from models.forecast.expectation import SCORE_COLUMNS
from models.forecast.outlook import Outlook
from models.forecast.shock import DEVIATIONS, Shock
from models.forecast.table import forecast_renewals
from models.settings import SCORED_BANDS, ForecastSettings, ModelSettings
from pipelines.ingestion import ingest_source
from pipelines.reconciliation import reconcile
from pipelines.tables import write_output

AS_OF = date(2026, 5, 18)


@pytest.fixture(scope="module")
def run(_few_accounts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of thirty accounts, some of whose renewals lie in quarantine, with its forecast."""
    source, run = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("run")
    for path in _few_accounts.glob("*.parquet"):
        (source / path.name).symlink_to(path)
    renewals = pd.read_parquet(_few_accounts / "renewals.parquet").astype({"arr": str})
    newest = renewals.sort_values("recorded_at").drop_duplicates("renewal_id", keep="last")
    is_due = pd.to_datetime(newest["renewal_date"]).between("2026-04-01", "2026-12-31")
    spoilt = newest.index[is_due & (pd.to_datetime(newest["recorded_at"]) < pd.Timestamp(AS_OF))][:3]
    renewals.loc[spoilt, "term_start_date"] = date(2031, 1, 1)
    renewals.loc[spoilt[:1], "arr"] = "plenty"
    (source / "renewals.parquet").unlink()
    renewals.to_parquet(source / "renewals.parquet", index=False)
    for table in SOURCE_TABLES:
        ingest_source(table, source, date(2026, 6, 29), run)
    engine = DuckDBEngine(threads=1)
    dues = engine.to_pandas(build_dues(Sources.open(run, engine), [AS_OF]), DUE_KEY)
    engine.close()
    shocks = dict.fromkeys(DATED_BANDS, Shock(tuple(float(deviation == 0.2) for deviation in DEVIATIONS), 4))
    outlook = Outlook(
        AS_OF, BaseRates(dict.fromkeys(SCORED_BANDS, 0.1)), Contraction(0.05, -3.0, 0.5, (0.5, 0.8), 0.99), shocks
    )
    nobody = pd.DataFrame(columns=list(SCORE_COLUMNS))
    table = forecast_renewals(dues, nobody, outlook, ModelSettings(), ForecastSettings(draws=100))
    table = table.assign(knowledge_dates="recorded", trained_through=AS_OF, model_version="v")
    contract = output_contracts()["renewal_forecast"]
    write_output(table, contract, run / "renewal_forecast" / "renewal_forecast.parquet")
    return run


def with_more(run: Path, folder: Path, column: str, add: Decimal) -> Path:
    """A copy of what is reconciled, with something added to one column of the totals."""
    for table in ("renewals", "renewal_forecast"):
        shutil.copytree(run / table, folder / table)
    path = folder / "renewal_forecast" / "renewal_forecast.parquet"
    table = pd.read_parquet(path)
    table.loc[table["level"] == "total", column] += add
    write_output(table, output_contracts()["renewal_forecast"], path)
    return folder


def test_both_paths_come_to_the_same_cent(run: Path) -> None:
    assert reconcile(run, AS_OF) == []
    table = pd.read_parquet(run / "renewal_forecast" / "renewal_forecast.parquet")
    assert table["renewals_decided"].sum() > 0
    assert table["renewals_open"].sum() > 0
    assert table["renewals_quarantined"].sum() > 0
    assert table["arr_quarantined"].sum() > 0


@pytest.mark.parametrize("column", ["arr_due", "arr_open", "expected_retained_arr"])
def test_a_cent_too_much_is_found(run: Path, tmp_path: Path, column: str) -> None:
    found = " ".join(reconcile(with_more(run, tmp_path, column, Decimal("0.01")), AS_OF))
    assert "2026-04-01 USD" in found
    assert "is not arr_due" in found
    assert ("in the renewals" in found) == (column == "arr_due")
    assert ("do not add up to the total" in found) == (column != "arr_open")
