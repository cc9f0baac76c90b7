"""What Dagster loads: assets, their checks, jobs, schedules and resources; one module each, found by `definitions.py`.

Assets stay thin: call one function of another module, attach metadata, return. Nothing is computed here.
"""
