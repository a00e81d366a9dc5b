"""Every call into llama.cpp: its functions, a loaded model, its vocabulary, its samplers; knows nothing of requests."""
