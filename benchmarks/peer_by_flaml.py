"""An AutoML peer by FLAML, for an interpreter that has it; the project's own has not.

    <that python> benchmarks/peer_by_flaml.py FOLDER SECONDS

FOLDER holds for each cut-off a pair of `N.train.parquet` (features, `_churned`, `_weight`, `_account`) and
`N.ask.parquet` (the same features). FLAML searches for SECONDS per cut-off over its learners (LightGBM, XGBoost, random
forests, logistic regression...) by log loss in cross-validation over groups of accounts, and writes the probability of
each row asked for to `N.told.parquet`.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from flaml import AutoML

FOLDS = 5
SEED = 7


def predict(train: pd.DataFrame, asked: pd.DataFrame, seconds: float) -> np.ndarray:
    """Return the probability of churn of each row asked for, by the best learner found."""
    names = [name for name in train.columns if not name.startswith("_")]
    automl = AutoML()
    automl.fit(
        train[names],
        train["_churned"].astype(int),
        task="classification",
        metric="log_loss",
        time_budget=seconds,
        eval_method="cv",
        n_splits=FOLDS,
        split_type="group",
        groups=pd.factorize(train["_account"])[0],
        sample_weight=train["_weight"].to_numpy(),
        n_jobs=1,
        seed=SEED,
        verbose=0,
    )
    return np.asarray(automl.predict_proba(asked[names])[:, 1])


def main() -> None:
    """Answer every cut-off of a folder."""
    warnings.filterwarnings("ignore")
    folder, seconds = Path(sys.argv[1]), float(sys.argv[2])
    for path in sorted(folder.glob("*.train.parquet")):
        asked = pd.read_parquet(path.with_name(path.name.replace(".train.", ".ask.")))
        told = pd.DataFrame({"peer": predict(pd.read_parquet(path), asked, seconds)})
        told.to_parquet(path.with_name(path.name.replace(".train.", ".told.")))
        print(path.name, flush=True)


if __name__ == "__main__":
    main()
