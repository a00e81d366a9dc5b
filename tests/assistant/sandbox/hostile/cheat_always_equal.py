# It answers with an object that equals everything.
# kind: trial
# expect: failed

class Anything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __bool__(self): return True
def add(a, b):
    return Anything()
