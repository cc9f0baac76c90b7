"""How charts look: one Altair theme, and colours that people with any kind of colour vision can tell apart.

The colours are those of Okabe and Ito (jfly.uni-koeln.de/color, 2008), darkened where text is set in them. Colour is
never the only sign: what it says stands there as a word, too.
"""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt

INK: Final = "#1f2937"
MUTED: Final = "#4b5563"
LINE: Final = "#d1d5db"
OURS: Final = "#0072b2"
"""What falsegreen says: the combined view, the forecast."""
USAGE: Final = "#b45f06"
GUT: Final = "#117a5b"
NAIVE: Final = "#6b7280"
BAND: Final = "#cfe3f1"
TIERS: Final = {"high": "#a61e17", "elevated": "#b45f06", "low": "#117a5b"}
COLOURS: Final = {"green": "#117a5b", "yellow": "#c99700", "red": "#a61e17"}
"""Of pulses: told apart by lightness as well, so that red and green differ for those who do not see the hue."""
VIEWS: Final = {"both together": OURS, "usage alone": USAGE, "the pulse alone": GUT}
HEIGHT: Final = 260
_FONT: Final = "PT Sans, system-ui, sans-serif"
_SIZE: Final = 13


THEME: Final = "falsegreen"


@alt.theme.register(THEME, enable=False)
def falsegreen_theme() -> alt.theme.ThemeConfig:
    """The theme of every chart on a page; `widgets.chart` draws by it, and nothing elsewhere does."""
    plain: Any = {"titleFontWeight": "normal", "labelFontSize": _SIZE, "titleFontSize": _SIZE}
    plain |= {"labelColor": INK, "titleColor": INK}
    axis: Any = {**plain, "gridColor": "#eceff3", "domainColor": LINE, "tickColor": LINE}
    # Legends stand one below the other: side by side they leave the screen of a phone.
    below: Any = {"direction": "vertical", "anchor": "start"}
    legend: Any = {**plain, "orient": "top", "layout": {"top": below}}
    return {
        "config": {
            "font": _FONT,
            "background": "white",
            "view": {"stroke": None, "continuousHeight": HEIGHT, "discreteHeight": HEIGHT},
            "axis": axis,
            # On a phone the numbers of an axis would run into each other.
            "axisXQuantitative": {"labelOverlap": True, "labelSeparation": 8},
            "legend": legend,
            "title": {"color": INK, "fontSize": _SIZE + 1, "fontWeight": "normal", "anchor": "start"},
            "header": plain,
            # Marks are not told one by one: the chart says what it shows, and the figures stand in a table beside it.
            "mark": {"color": OURS, "aria": False},
            "range": {"category": [OURS, USAGE, GUT, "#882255", "#56b4e9", NAIVE]},
        },
        # The menu of the chart has no name that a screen reader could say; tables beside charts export the figures.
        "usermeta": {"embedOptions": {"actions": False, "renderer": "svg"}},
    }


def scale_of(colours: Mapping[str, str]) -> alt.Scale:
    """The scale that gives each name its colour, in this order."""
    return alt.Scale(domain=list(colours), range=list(colours.values()))
