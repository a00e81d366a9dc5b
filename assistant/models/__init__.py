"""Which models there are: the starter, the catalogue, the downloads, and what is inside a GGUF file."""
