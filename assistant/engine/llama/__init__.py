"""Every call into llama.cpp: its functions, a loaded model, its vocabulary, prompts as its tokens, its samplers; knows no frames."""
