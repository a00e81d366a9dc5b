"""Modal editing by vim's keys, for those whose fingers know them: the preset `keymap = "vim"`.

Read `motions` and `objects` (where keys lead, as functions of lines), `grammar` (what a run of keys means), `vim` (modes,
operators, register, repeat) and `text_area` (the same on Textual's widget). Only the last knows Textual.
"""
