"""The AutoML peer of a company: given the same features, cut-offs and time, its predictions on the same renewals."""

import subprocess
import tempfile
from pathlib import Path

import pandas as pd

from models.encoding import Encoder
from models.learning import KEY, LearningData
from models.note_risk import read_notes, with_note_risk
from models.settings import ModelSettings

SCRIPT = Path(__file__).with_name("peer_by_flaml.py")


def add_peer(
    rows: pd.DataFrame, data: LearningData, settings: ModelSettings, python: str, seconds: float
) -> pd.DataFrame:
    """Return walked predictions with a column `peer`.

    Args:
        rows: Predictions of the walk.
        data: What the company has to learn from.
        settings: For the words, which the peer is given as they are to the model.
        python: An interpreter that has the peer.
        seconds: What the walk took in all; the peer has as long, spread evenly over the cut-offs.
    """
    cutoffs = sorted(rows["cutoff"].unique())
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        keys = [_write(folder, number, data, cutoff, settings) for number, cutoff in enumerate(cutoffs)]
        each = max(seconds / len(cutoffs), 1.0)
        subprocess.run([python, str(SCRIPT), temporary, str(each)], check=True)
        told = [
            key.assign(cutoff=cutoff, peer=pd.read_parquet(folder / f"{number:03}.told.parquet")["peer"])
            for number, (cutoff, key) in enumerate(zip(cutoffs, keys, strict=True))
        ]
    return rows.merge(pd.concat(told), on=["cutoff", *KEY], validate="one_to_one")


def _write(
    folder: Path, number: int, data: LearningData, cutoff: pd.Timestamp, settings: ModelSettings
) -> pd.DataFrame:
    """Write what one cut-off teaches and asks; return the key of what is asked."""
    read = read_notes(data.features, data.cohort(cutoff), settings)
    cohort = read.cohort
    asked = with_note_risk(data.open_at(cutoff), data.features, read.text_models)
    encoder = Encoder.fit(data.features, cohort.snapshots)

    def matrix(snapshots: pd.DataFrame) -> pd.DataFrame:
        bands = pd.factorize(snapshots["band"], sort=True)[0]
        return pd.DataFrame(encoder.encode(snapshots), columns=encoder.names).assign(band=bands)

    taught = matrix(cohort.snapshots).assign(
        _churned=cohort.outcomes, _weight=cohort.weights, _account=cohort.snapshots["account_id"].to_numpy()
    )
    taught.to_parquet(folder / f"{number:03}.train.parquet")
    matrix(asked).to_parquet(folder / f"{number:03}.ask.parquet")
    return asked[KEY].reset_index(drop=True)
