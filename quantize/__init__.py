"""wizard-quantize: a Hugging Face checkpoint (and LoRA) becomes a GGUF file, then a smaller one, with proof.

Read in this order: `reading`, `architectures`, `writing`, `lora`, `compression`, `proof`, `making`.
"""
