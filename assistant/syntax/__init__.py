"""Reads source through tree-sitter and hands out characters, never bytes.

Read `languages` (the table), `document` (text and its tree), `symbols`, `selection` and `faults`.
"""
