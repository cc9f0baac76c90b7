"""`python -m sample_company --out DIR`: write a company without the rest of the project."""

import argparse
from pathlib import Path

from sample_company.generate import generate_company
from sample_company.settings import CompanySettings


def main() -> None:
    """Read the arguments and write the company."""
    defaults = CompanySettings()
    parser = argparse.ArgumentParser(prog="python -m sample_company", description="Write a seeded sample company.")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for the tables; the truth goes into a folder inside"
    )
    for name in ("accounts", "years", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(defaults, name), help="default: %(default)s")
    arguments = parser.parse_args()
    settings = CompanySettings(accounts=arguments.accounts, years=arguments.years, seed=arguments.seed)
    generate_company(arguments.out, settings)


if __name__ == "__main__":
    main()
