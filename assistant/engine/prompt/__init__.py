"""How a request becomes the text that a model was trained on; knows no tokens and computes nothing."""
