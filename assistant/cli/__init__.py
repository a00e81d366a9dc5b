"""The wizard-tui command: one file a subcommand, joined in `main`."""
