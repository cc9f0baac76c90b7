"""The renewal forecast: what will renew, within which bounds, and how such forecasts have done."""
