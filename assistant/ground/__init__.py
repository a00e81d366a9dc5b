"""What every program of the house stands on: words, files, progress and the terminal.

`visible` is the one border that untrusted text crosses on its way to a screen; `files` replaces files whole;
`progress` reports long work, and reads such reports; `terminal` runs a command line; `paths` says where things are kept;
`locking` keeps processes apart; `parenthood` ties a child process to its parent.
"""
