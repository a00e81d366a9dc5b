"""Learning from what a person accepted and edited: a LoRA adapter for the model at hand, measured before it is offered.

Read `material` (what is learned, and what is held out), `project_code` (the symbols of the folder), `order` (the pipeline
file), `work` (it is worked off), `rest` (when that rests), `learn` (the way through) and `outcome` (whether the switch is
offered). Training and measuring are `wizard-train run`'s, which is started as a command.
"""
