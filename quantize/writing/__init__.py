"""A checkpoint becomes a GGUF file, tensor by tensor; and what a GGUF file looks like to the tools here.

Begin with `convert`, then `plan` and `stream`.
"""
