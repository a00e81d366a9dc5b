"""Runs a GGUF model; knows no files of the user's, no history and no screen.

Read `api` (what can be asked and what comes back), then `client` (the side in the app), `worker` (the child process
that owns llama.cpp), `runtime` (a loaded model at work) and `decode` (the loop that everything is for). `layout` and
`vocabulary` turn prompts into tokens, `sampling` and `choices` decide what comes next, `reply` is what one reply has
said; `drafting`, `kv_cache`, `kv_store` and `crowd` are where the speed comes from.
"""
