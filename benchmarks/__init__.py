"""Measurements side by side with peers, one file each; `python -m benchmarks [NAME…]` runs them.

Ratios in one run, medians of interleaved rounds, so that a busy machine slows both sides alike. Figures that were
reached, with date and machine, are in RESULTS.md.
"""
