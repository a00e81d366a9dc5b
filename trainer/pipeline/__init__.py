"""`wizard-train run`: the stages one after another, each a command of its own, skipped when nothing has changed.

Read `plan` (the TOML file), `course` (which stage needs what, top to bottom), `stage` (when one may be skipped),
`child` (how one runs) and `report`.
"""
