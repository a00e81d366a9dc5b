"""What an evolution reads and writes: seeds, people's own code with its secrets masked, the growing set and its manifest, exports."""
