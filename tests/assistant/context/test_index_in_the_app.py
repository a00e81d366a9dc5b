"""The index is made while the app holds the terminal, whose stderr has no number to hand on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys, threading
from pathlib import Path

class Captured:
    def write(self, text): pass
    def flush(self): pass
    def fileno(self): return -1

def main():
    from assistant.context import index
    index._WORTH_A_POOL = 0
    sys.stderr = Captured()
    made = []
    other = threading.Thread(target=lambda: made.append(index.index_folder(Path(sys.argv[1]), jobs=2)))
    other.start()
    other.join()
    print(len(made[0].files))

if __name__ == "__main__":
    main()
"""


def test_processes_start_where_stderr_has_no_number(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(): pass\n")
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    done = subprocess.run([sys.executable, script, tmp_path], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "2", done.stderr
