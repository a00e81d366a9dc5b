"""Long work as processes of their own: training and quantizing that go on when the app is closed, and are found again.

Read `forms` (what can be started), `job` (what is kept of one on disk), `keeper` (the process around the command),
`control` (start, pause, stop) and `follow` (reading what a job says).
"""
