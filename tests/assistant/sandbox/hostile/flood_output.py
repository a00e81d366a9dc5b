# It prints without end.
# kind: program
# expect: output
# layers: output

line = "x" * 1023
for _ in range(6000):
    print(line)
