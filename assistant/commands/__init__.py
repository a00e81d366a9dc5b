"""Slash commands, one file each, and their table; they know no Textual."""
