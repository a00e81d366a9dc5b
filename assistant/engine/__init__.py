"""Runs a GGUF model; knows no files of the user's, no history and no screen.

Read `api` (what can be asked and what comes back), `client` (the side in the app) and `worker_process` (the child process
that owns llama.cpp); then the rooms, which import downwards only: `worker` (from frames to batches: `main`, `runtime`,
`decode`), `llama` (every call into llama.cpp, and prompts as tokens) and `prompt` (requests as text).
"""
