# It answers with a number that equals everything.
# kind: trial
# expect: failed

class Anything(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = int.__hash__
def add(a, b):
    return Anything(-1)
