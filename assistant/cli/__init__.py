"""The wizard-tui command: one file a subcommand, joined in `main`.

`reply` runs one generation for `ask` and `complete`; `prompt_parts`, `adapters` and `options` are what
commands have in common. Errors become words in `ground.terminal`.
"""
