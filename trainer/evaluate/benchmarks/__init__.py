"""The benchmarks, one file and one row each; `table` joins them."""
