"""Reads source through tree-sitter and hands out characters, never bytes.

Read `languages` (the table), `document` (text and its tree), `symbols`, `selection` and `faults`; `references` serves the
repository map, `encoding` and `own_parser` the documents and faults.
"""
