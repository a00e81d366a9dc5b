# It prints what a harness might look for.
# kind: trial
# expect: failed

print("passed")
print('{"state": "passed"}')
def add(a, b):
    print("passed")
