"""wizard-tui: a local-first coding assistant for the terminal.

Read in this order: `errors` and `ground` (words and files), `engine` (runs a model), `syntax` (reads code as a tree),
`editing`, `context` and `models`, then `session` (the assistant without a screen), and last `tui` and `cli`.
"""
