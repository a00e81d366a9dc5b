"""Which models there are: the starter, the catalogue, the downloads, and what is inside a GGUF file.

Read `library` (found by name), `registry` (remembered), `catalogue` and `machine` (recommended), `download` (fetched),
`gguf_header` and its child `gguf_child` (looked into without trust), `first_run` (told to a newcomer).
"""
