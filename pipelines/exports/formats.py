"""The kinds of files that a published table can be written to, by the names that people type, and nothing heavy."""

from enum import StrEnum


class ExportFormat(StrEnum):
    """Kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"
    SALESFORCE = "salesforce"
    HUBSPOT = "hubspot"
