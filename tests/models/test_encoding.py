from collections.abc import Callable

import numpy as np
import pandas as pd

from features.feature import Feature
from models.encoding import Encoder


def test_categories_become_positions_and_what_was_not_seen_is_missing(
    features: tuple[Feature, ...], snapshot_rows: Callable[..., pd.DataFrame]
) -> None:
    chosen = tuple(feature for feature in features if feature.name in {"commercial__segment", "usage__trend_ratio"})
    learned = snapshot_rows(commercial__segment=["small", None, "large"], usage__trend_ratio=[1.0, 2.0, np.nan])
    asked = snapshot_rows(
        commercial__segment=["small", "huge", None, "large"], usage__trend_ratio=[0.5, np.nan, 1.0, 2.0]
    )

    encoder = Encoder.fit(chosen, learned)

    assert encoder.levels == {"commercial__segment": ("large", "small")}
    np.testing.assert_array_equal(encoder.encode(asked), [[1.0, 0.5], [np.nan, np.nan], [np.nan, 1.0], [0.0, 2.0]])


def test_a_category_without_any_value_is_missing_throughout(
    features: tuple[Feature, ...], snapshot_rows: Callable[..., pd.DataFrame]
) -> None:
    chosen = tuple(feature for feature in features if feature.name == "commercial__segment")
    rows = snapshot_rows(commercial__segment=[None, None])
    encoder = Encoder.fit(chosen, rows)
    assert encoder.levels == {"commercial__segment": ()}
    assert np.isnan(encoder.encode(rows)).all()
    assert np.isnan(encoder.encode(rows.assign(commercial__segment=["new", "newer"]))).all()


def test_a_part_takes_its_columns_from_the_whole(
    features: tuple[Feature, ...], snapshot_rows: Callable[..., pd.DataFrame]
) -> None:
    rows = snapshot_rows(commercial__segment=["small", None, "large"], usage__trend_ratio=[1.0, 2.0, np.nan])
    encoder = Encoder.fit(tuple(feature for feature in features if feature.name in rows), rows)

    part = encoder.part({"commercial__segment", "usage__trend_ratio"})

    assert part.names == [feature.name for feature in features if feature.name in part.names]
    assert part.levels == {"commercial__segment": ("large", "small")}
    np.testing.assert_array_equal(encoder.columns_of(part, encoder.encode(rows)), part.encode(rows))
