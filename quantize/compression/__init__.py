"""A GGUF file becomes a smaller one, by llama.cpp's own quantization: types, importance matrices, mixtures.

Begin with `compress`; the files that end in `_task` run in a child process that owns llama.cpp.
"""
