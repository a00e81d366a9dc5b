"""The app: the only folder that imports Textual.

Read `app` (screens, keys, themes), `screens.workbench` (the first screen), `desks.turn` (events become widgets), then the
widgets, one a file. `drawing` and `vim` know no widget. Text that is not ours is shown through `drawing.untrusted`.
"""
