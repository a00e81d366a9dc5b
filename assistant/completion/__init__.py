"""What belongs at the cursor: builds the prompt from the tree, asks the engine, and offers only what fits.

Read `api` (what an editor calls), `frame` (what of the file goes into a prompt) with `boundaries` and `ring`, `ending`
(where a suggestion is complete), `polish` (what is cut from it, and what is never offered), `recall` (what needs no model
call), and `fit` (for texts that come without a file). Nothing is drawn or written here.
"""
