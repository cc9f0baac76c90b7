"""The weekly brief: one page for people who will not open a tool, made of what stands published."""
