# It answers with a float that is close to everything.
# kind: trial
# expect: failed

class Anything(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
def add(a, b):
    return Anything(0.5)
