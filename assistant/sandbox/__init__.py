"""Runs code that nobody has read, and fails closed: where no backend holds, nothing runs."""
