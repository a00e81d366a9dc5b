import math

class Cart:
    """What somebody wants to buy."""

    def __init__(self):
        self.items = []

    def total(self):
        result = 0
        for item in self.items:
            result += item.price * item.count
        return result

def area(r):
    return math.pi * r * r
