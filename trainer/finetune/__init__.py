"""Fine-tuning: a recipe and rows of instructions in, a checkpoint that `transformers` and `peft` load as it is out.

Read `train` first (it goes from top to bottom), then what it calls in order: `model`, `examples`, `tokens`, `batches`,
`attention`, `loss`, `optimizer`, `checkpoint`, `finish`. Merging an adapter is quantize's work.
"""
