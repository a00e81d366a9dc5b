# It answers with a list that equals everything.
# kind: trial
# expect: failed

class Anything(list):
    def __eq__(self, other): return True
def add(a, b):
    return Anything()
