# It answers with a list that holds itself.
# kind: trial
# expect: failed
# reason: exception

def add(a, b):
    answer = [a + b]
    answer.append(answer)
    return answer
