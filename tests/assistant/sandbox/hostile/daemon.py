# It leaves a daemon behind: new session, two forks, output closed.
# kind: program
# expect: passed
# says: held
# layers: reaper

import ctypes, os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(15, b"wizarddaemon", 0, 0, 0)
        for fd in range(64):
            try:
                os.close(fd)
            except OSError:
                pass
        time.sleep(30)
    os._exit(0)
time.sleep(0.3)
print("held")
