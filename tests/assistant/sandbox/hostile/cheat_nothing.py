# It defines nothing.
# kind: trial
# expect: failed


