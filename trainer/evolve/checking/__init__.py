"""What is thrown away, and why: rules on words, near duplicates, leaked benchmarks, answers that do not run."""
