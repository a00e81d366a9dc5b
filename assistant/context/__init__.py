"""What goes into a prompt besides the question: mentions, the repository map, the token budget.

For the map read `source_files`, `names` (of one file), `index` (of all, kept on disk), `ranking`, `repository_map`; for
mentions `mentions`, `attachments`, `mention_candidates`, `working_diff`; and `budget`, which shares out the
context, with `shortening` for what is longer than its share.
"""
