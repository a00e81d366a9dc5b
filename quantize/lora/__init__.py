"""LoRA adapters of peft: merged into the tensors that they change, or written as a GGUF file of their own.

Begin with `adapter`.
"""
