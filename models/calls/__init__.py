"""Any table of past calls held against what came of them: what `falsegreen judge` computes."""
