"""The engine behind OpenAI-compatible and llama.cpp-compatible HTTP, on this machine only unless told otherwise."""
