"""What a smaller model lost, measured: against its base, against the checkpoint, over many types, on a benchmark.

Begin with `verify`.
"""
