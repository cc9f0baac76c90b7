import numpy as np
import pandas as pd

from models.contribution_summary import empty_summary
from models.plots import PALE
from models.settings import ModelSettings
from models.walk_forward import PUBLISHED_COLUMNS
from pipelines.plots import as_markdown, evidence_plots

SETTINGS = ModelSettings(bootstrap_resamples=20)


def test_what_moves_the_model_becomes_a_picture_of_its_own() -> None:
    nothing = pd.DataFrame(columns=list(PUBLISHED_COLUMNS))
    contributions = pd.DataFrame(
        {"feature": ["usage__events_28d"] * 2, "contribution": [0.1, -0.2], "value_percentile": [0.5, np.nan]}
    )
    plots = evidence_plots(nothing, contributions, SETTINGS)
    assert list(plots) == ["contributions"]
    assert plots["contributions"].startswith("<svg")
    # The dot without a rank is there too, and is not taken for one of the lowest rank.
    assert plots["contributions"].count('aria-roledescription="circle"') == 2
    assert plots["contributions"].count(f'fill="{PALE}"') == 1
    assert "usage__events_28d" in plots["contributions"]
    assert as_markdown(plots).startswith("![contributions](data:image/svg+xml;base64,")


def test_where_there_is_nothing_to_show_there_is_no_picture() -> None:
    nothing = pd.DataFrame(columns=list(PUBLISHED_COLUMNS))
    assert evidence_plots(nothing, empty_summary(), SETTINGS) == {}
