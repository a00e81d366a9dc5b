"""What runs behind the wall, and the wall itself: started by the launcher, standard library only.

Read in this order: `nursery` (forks one single-use worker per order), `confine` (what a worker gives up first),
`candidate`, `judge` and `program` (what a worker then does), and `values` (how plain values cross the pipe).
"""
