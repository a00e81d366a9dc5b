"""Turns a reply into changes on disk that parse and can be undone.

Read `edit` (what a change is), `source_file` (bytes to text and back), `formats` (how a model writes a change), `locate`
(where it goes), `gate` (what may land), `propose` (asking until it may), `apply` and `journal` (disk and undo).
"""
