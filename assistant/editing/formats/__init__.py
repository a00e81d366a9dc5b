"""How a model writes a change, one file a format.

`whole_symbol` is the default wherever a symbol is known; `whole_file` serves small files, `search_replace` and
`unified_diff` large ones. `reply` finds the code in what a model says.
"""
