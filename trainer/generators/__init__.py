"""Models that turn prompts into text, behind one seam: teachers of `evolve` and candidates of `evaluate`.

Read `generator` (the seam and how one is chosen), then `gguf`, `openai_api` and `transformers_model`, one way each.
"""
