"""What a person made of the model's proposals, kept on this machine with consent only, to learn from.

Read `lesson` (what one is), `secrets` (what is masked before anything is stored), `store` and `export`.
"""
