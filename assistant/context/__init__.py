"""What goes into a prompt: mentions, the repository map, the token budget."""
