"""The parts of the workbench that are shown and hidden, one a file."""
