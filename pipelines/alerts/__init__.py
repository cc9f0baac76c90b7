"""Alerts: what is new in the newest published tables, told once to those whom it concerns."""
