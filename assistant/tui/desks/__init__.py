"""What keys and commands do: each desk carries one kind of wish out, on the workplace and the screen; draws nothing itself."""
