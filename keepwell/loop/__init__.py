"""Composes the folders below for one call: files to lake, tables to answer, answer to report."""
