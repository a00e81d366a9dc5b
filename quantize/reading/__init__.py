"""Reads what transformers has saved: a checkpoint's tensors, one at a time, and its tokenizer.

Begin with `checkpoint`; how its files hold tensors is `safetensors_file` and `torch_file`. Nothing is written here.
"""
