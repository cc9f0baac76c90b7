"""The record of human judgement: what was said, what came of it, and what that says of colours, reasons and people."""
