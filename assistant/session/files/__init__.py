"""The files of a folder while the app is open: read, saved, outlined, found by name; knows nothing of conversations."""
