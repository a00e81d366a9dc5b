"""wizard-train: evolve coding instructions, fine-tune a code model on them, and evaluate it.

Read in this order: `records` and `recipe`, then the stages `evolve`, `finetune`, `evaluate`, and `pipeline`, which joins them.
"""
