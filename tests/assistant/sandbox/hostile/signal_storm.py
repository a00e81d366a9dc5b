# Its children send signals in all directions for a second.
# kind: program
# expect: passed
# says: held

import os, signal, time

targets = [1, os.getppid(), os.getpid(), FACTS["launcher"]]
for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGALRM, signal.SIGCONT):
    signal.signal(number, signal.SIG_IGN)
for _ in range(4):
    if os.fork() == 0:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            for target in targets:
                for number in (signal.SIGUSR1, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT, signal.SIGCHLD):
                    try:
                        os.kill(target, number)
                    except OSError:
                        pass
        os._exit(0)
for _ in range(4):
    os.wait()
print("held")
