"""Reads source through tree-sitter and hands out characters, never bytes.

Read `languages` (the table), `document` (text and its tree), `definitions` and `symbols`, `selection` and `faults`;
`encoding` and `own_parser` serve the documents and faults.
"""
