"""The jobs. Those that a schedule starts bring in the sources first; the command line does so once for all."""

import dagster as dg

from data_contracts.contract import SOURCE_TABLES
from pipelines.defs.scoring import GROUP as SCORING
from pipelines.defs.signals import GROUP as SIGNALS
from pipelines.defs.training import GROUP as TRAINING
from pipelines.forecasting import RECORD

SOURCES = dg.AssetSelection.assets(*SOURCE_TABLES)

ingest = dg.define_asset_job(
    "ingest",
    selection=SOURCES,
    description="Source tables in, checked against their contracts, as of a date.",
)
training = dg.define_asset_job(
    "training",
    selection=SOURCES | dg.AssetSelection.groups(TRAINING),
    description="Source tables in, a model out: backtest, signal record, registration, publication of the backtest.",
)
watch = dg.define_asset_job(
    "watch",
    selection=SOURCES | dg.AssetSelection.groups(SIGNALS) | dg.AssetSelection.assets("publish"),
    description="Source tables in, the signals and the timeline of a date out. Needs no model.",
)
scoring = dg.define_asset_job(
    "scoring",
    # Published forecasts come to their end every week; the rest of the record is the newest training's.
    selection=SOURCES | dg.AssetSelection.groups(SCORING, SIGNALS) | dg.AssetSelection.assets(RECORD),
    description="Source tables in, the risk table and the signals of a date out; the newest model before it scores.",
)
alerts = dg.define_asset_job(
    "alerts",
    selection=dg.AssetSelection.assets("outbox"),
    description="What is new in the newest published tables, told to those whom it concerns. Touches no table.",
)
