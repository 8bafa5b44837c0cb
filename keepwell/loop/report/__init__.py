"""The report: what it is made of, and one function that writes it."""

from keepwell.loop.report.content import ImportedFile, ReportContent
from keepwell.loop.report.page import render, write_report

__all__ = ["ImportedFile", "ReportContent", "render", "write_report"]
