"""The widgets of the app, one public widget a file; they show and report, and never call the engine."""
