"""Runs a GGUF model; knows no files of the user's, no history and no screen.

Read `api` (what can be asked and what comes back), then `client` (the side in the app), `worker` (the child process
that owns llama.cpp) and `decode` (the loop that everything is for).
"""
