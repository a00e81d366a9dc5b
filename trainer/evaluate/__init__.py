"""Says how good a model is: benchmarks, generation, extraction of code, judging in the sandbox, pass@k, reports.

Read in this order: `problem` and `benchmarks` (what is asked), `prompts`, `generate` and `extract` (what a model
answers), `execute` (what came of it), `pass_at_k` and `report` (what that says), `run` (all of it in a row).
"""
