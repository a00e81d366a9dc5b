"""Turns a reply into changes on disk that parse and can be undone."""
