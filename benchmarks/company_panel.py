"""Writes docs/company_panel.md: how models compare over many seeded companies of several sizes.

    python benchmarks/company_panel.py --workspace DIR --accounts 300 1000 --seeds 20 [--peer-python PATH]

makes companies with the seeds 101, 102, ..., walks each forward and sets the combined model beside every baseline, on
identical rows, with the interval of the mean over companies. The seeds with which recipes were tried out are others. A
company takes half a minute at 300 accounts and, with the peer, ten at 5,000. The figures of each are kept in
`benchmarks/company_panel/`, so that a panel can be gone on with, elsewhere too; the page is of all that are kept.

The peer is FLAML; give it an interpreter of an environment of its own, made by
`python -m venv flaml && flaml/bin/pip install "flaml[automl]" pyarrow`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from panel_company import BANDS, FIRST_SEED, Company, measure
from scipy.stats import t

from models.settings import HEADLINE_BAND

PAGE = Path(__file__).parents[1] / "docs" / "company_panel.md"
KEPT = Path(__file__).with_name("company_panel")
SPOKEN = {
    "gut_view": "colour only",
    "logistic_usage": "logistic regression, usage features",
    "logistic_full": "logistic regression, all features",
    "usage_view": "usage view",
    "peer": "AutoML (FLAML), all features, as long as our walk",
    "churn_probability": "combined model",
    "oracle": "oracle: knows all that had happened",
}
SHIPPED = "churn_probability"
MARGIN = 0.02
"""Not inferior: worse by less than this share of the base rate's Brier score."""


def mean_with_interval(values: list[float]) -> tuple[float, float, float]:
    """Return the mean over companies and its 95 % interval by Student's t."""
    array = np.array(values)
    if len(array) < 2:
        return float(array.mean()), float("nan"), float("nan")
    reach = t.ppf(0.975, len(array) - 1) * array.std(ddof=1) / np.sqrt(len(array))
    return float(array.mean()), float(array.mean() - reach), float(array.mean() + reach)


def spoken(figure: tuple[float, float, float], *, signed: bool = False) -> str:
    """Return a figure with its interval."""
    sign = "+" if signed else ""
    value, low, high = figure
    return f"{value:{sign}.3f}" if np.isnan(low) else f"{value:{sign}.3f} ({low:{sign}.3f} to {high:{sign}.3f})"


def table(companies: list[dict[str, Any]], band: str) -> list[str]:
    """Return the models of a band over the companies that have it."""
    bands = [company["bands"][band] for company in companies if band in company["bands"]]
    lines = [
        "| model | Brier skill | worse than the combined model by, of the base rate's Brier | calibration slope |",
        "|---|---:|---:|---:|",
    ]
    for model, title in SPOKEN.items():
        of_model = [band for band in bands if model in band]
        if not of_model:
            continue
        skill = spoken(mean_with_interval([band[model]["skill"] for band in of_model]))
        slope = spoken(mean_with_interval([band[model]["slope"] for band in of_model]))
        difference = spoken(
            mean_with_interval(
                [(band[model]["brier"] - band[SHIPPED]["brier"]) / band["base_rate"]["brier"] for band in of_model]
            ),
            signed=True,
        )
        lines.append(f"| {title} | {skill} | {'' if model == SHIPPED else difference} | {slope} |")
    return lines


def verdicts(companies: list[dict[str, Any]], band: str) -> list[str]:
    """Return what was promised of the combined model in a band, and whether it holds."""
    bands = [company["bands"][band] for company in companies if band in company["bands"]]
    lines = []
    for model in (name for name in SPOKEN if name not in (SHIPPED, "oracle") and name in bands[0]):
        worse = [(each[SHIPPED]["brier"] - each[model]["brier"]) / each["base_rate"]["brier"] for each in bands]
        _, _, high = mean_with_interval(worse)
        verdict = "not inferior" if high <= MARGIN else "**not shown to be not inferior**"
        lines.append(
            f"- Against {SPOKEN[model]}: {verdict} (upper bound {high:+.3f}); better in "
            f"{sum(value < 0 for value in worse)} of {len(worse)} companies."
        )
    return lines


def kept_file(accounts: int, seed: int) -> Path:
    """Return where the figures of a company are kept."""
    return KEPT / f"{accounts}-{seed}.json"


def read_panels() -> dict[int, list[dict[str, Any]]]:
    """Return the figures of all companies that are kept, by size.

    Raises:
        SystemExit: They are not all of one recipe.
    """
    panels: dict[int, list[dict[str, Any]]] = {}
    by_recipe: dict[str, str] = {}
    for path in sorted(KEPT.glob("*.json")):
        company = json.loads(path.read_text(encoding="utf-8"))
        panels.setdefault(int(path.stem.split("-")[0]), []).append(company)
        by_recipe[company["recipe"]] = path.name
    if len(by_recipe) > 1:
        raise SystemExit(
            f"{KEPT}: figures of several recipes, such as {', '.join(by_recipe.values())}; delete the older"
        )
    return panels


def in_short(panels: dict[int, list[dict[str, Any]]]) -> list[str]:
    """Return the mean skill of every model in the headline band, by size, with the slope of the combined model."""
    lines = [
        f"Mean Brier skill {HEADLINE_BAND} days ahead, by accounts of a company:",
        "",
        "| accounts | companies | " + " | ".join(SPOKEN.values()) + " | calibration slope of the combined model |",
        "|---:|---:|" + "---:|" * (len(SPOKEN) + 1),
    ]
    for accounts, companies in sorted(panels.items()):
        bands = [company["bands"][HEADLINE_BAND] for company in companies]
        skills = [[band[model]["skill"] for band in bands if model in band] for model in SPOKEN]
        means = " | ".join(f"{np.mean(skill):.3f}" if skill else "" for skill in skills)
        slope = spoken(mean_with_interval([band[SHIPPED]["slope"] for band in bands]))
        lines.append(f"| {accounts:,} | {len(companies)} | {means} | {slope} |")
    return [*lines, ""]


def page(panels: dict[int, list[dict[str, Any]]]) -> str:
    """Return the page as Markdown."""
    lines = [
        "# A panel of companies",
        "",
        "Generated by `benchmarks/company_panel.py`; do not edit. Seeded sample companies of four years; each is "
        "walked forward by itself, everything that is fitted being refitted at each cut-off. Means over companies, in "
        f"brackets the 95 % interval of the mean. Seeds from {FIRST_SEED} on; the recipe was chosen on others "
        "(`decisions/0006`). Logistic regression is the baseline of `models/baselines.py` on the same features. "
        "Seconds belong to a machine and to what else it was doing; the peer had as many in the same hour.",
        "",
        *in_short(panels),
    ]
    for accounts, companies in sorted(panels.items()):
        churns = [company["bands"][HEADLINE_BAND]["base_rate"]["churns"] for company in companies]
        lines += [
            f"## {accounts:,} accounts, {len(companies)} companies",
            "",
            f"{np.mean(churns):.0f} churned renewals a company in the headline band ({min(churns):.0f} to "
            f"{max(churns):.0f}); a walk took {np.median([company['seconds'] for company in companies]):.0f} s.",
            "",
        ]
        for band in (HEADLINE_BAND, *(each for each in BANDS if each != HEADLINE_BAND)):
            lines += [f"### {band} days ahead", "", *table(companies, band), "", *verdicts(companies, band), ""]
        covered = [company["coverage"] for company in companies if company["coverage"]]
        if covered:
            groups = mean_with_interval([each["of_groups"] for each in covered])
            alone = mean_with_interval([each["of_renewals"] for each in covered])
            lines += [
                f"The 90 % interval of a probability held the mean true probability of tenths of the open renewals in "
                f"{spoken(groups)} of cases, and the true probability of single renewals, hidden events included, in "
                f"{spoken(alone)}.",
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def main() -> None:
    """Measure what is not measured yet, and write the page of all that is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--accounts", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--peer-python", help="an interpreter that has FLAML; without it, no such row")
    parser.add_argument("--one", type=int, nargs=2, metavar=("ACCOUNTS", "SEED"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        accounts, seed = arguments.one
        measure(Company(arguments.workspace, accounts, seed), kept_file(accounts, seed), arguments.peer_python)
        return
    for accounts in arguments.accounts:
        for seed in range(FIRST_SEED, FIRST_SEED + arguments.seeds):
            # A process each: what a library keeps of one company must not grow into the next.
            command = [sys.executable, __file__, "--workspace", str(arguments.workspace)]
            command += ["--peer-python", arguments.peer_python] if arguments.peer_python else []
            subprocess.run([*command, "--one", str(accounts), str(seed)], check=True)
            print(f"{accounts} accounts, seed {seed}", flush=True)
            PAGE.write_text(page(read_panels()), encoding="utf-8")


if __name__ == "__main__":
    main()
