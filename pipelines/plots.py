"""Charts of the evidence, rendered to SVG text for tracking and for the metadata of assets.

What a chart shows is decided in `models.plots`; here it only becomes a picture, without a browser or a network.
"""

import base64

import pandas as pd

from models.plots import auc_by_cutoff, auc_chart, contribution_chart, reliability_chart
from models.settings import HEADLINE_BAND, ModelSettings


def evidence_plots(predictions: pd.DataFrame, contributions: pd.DataFrame, settings: ModelSettings) -> dict[str, str]:
    """Draw how true the probabilities were, how the ranking held over time and what moves the model.

    Args:
        predictions: Out-of-time predictions with outcomes, one row per model.
        contributions: What moves the model; see `models.contribution_summary`.
        settings: How the band around the reliability curve is drawn.

    Returns:
        SVG text by name; a chart that has nothing to show is left out.
    """
    plots = {}
    if (predictions["band"] == HEADLINE_BAND).any():
        plots["reliability"] = svg_of(reliability_chart(predictions, settings).to_dict())
    if len(predictions):
        plots["auc_by_cutoff"] = svg_of(auc_chart(auc_by_cutoff(predictions)).to_dict())
    if len(contributions):
        plots["contributions"] = svg_of(contribution_chart(contributions).to_dict())
    return plots


def as_markdown(plots: dict[str, str]) -> str:
    """Put pictures into Markdown that needs no other file."""
    encoded = {name: base64.b64encode(svg.encode("utf-8")).decode("ascii") for name, svg in plots.items()}
    return "\n\n".join(f"![{name}](data:image/svg+xml;base64,{text})" for name, text in encoded.items())


def svg_of(specification: dict[str, object]) -> str:
    """Draw a Vega-Lite specification as SVG text."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(specification))
