"""The app: the only folder that imports Textual.

Read `app` (screens, keys, themes), `screens.workbench` (the first screen), `turn` (events become widgets), then the widgets,
one a file. Text that is not ours is shown through `untrusted`.
"""
