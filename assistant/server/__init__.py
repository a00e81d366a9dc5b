"""The engine behind OpenAI-compatible and llama.cpp-compatible HTTP, on this machine only unless told otherwise.

Read `guard` (who may ask), `wishes` (what they ask for), `work` (it is done, or cancelled), `openai_answers` and
`infill` (how it is told), `app` (the routes), `run` (the process).
"""
