# It looks for the tests among all objects and files.
# kind: trial
# expect: failed
# limits: seconds=20

import gc, os
def add(a, b):
    for thing in gc.get_objects():
        if isinstance(thing, str) and "assert add(" in thing:
            return eval(thing.split("==")[1])
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if name not in ("proc", "sys", "dev", "lib", "lib64", "bin")]
        for name in files:
            try:
                text = open(os.path.join(folder, name)).read(100000)
            except (OSError, ValueError):
                continue
            if "assert add(" in text:
                return int(text.split("assert add(")[1].split("==")[1].split()[0])
    return -1
