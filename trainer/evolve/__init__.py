"""Code Evol-Instruct: seeds grow into harder instructions, answered, checked and written as JSON lines."""
