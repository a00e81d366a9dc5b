"""The whole way in one go, from checkpoint to a registered model with its papers.

Begin with `run`; `candidates` says which model is kept.
"""
