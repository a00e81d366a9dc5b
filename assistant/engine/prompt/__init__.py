"""How a request becomes the text and the tokens that a model was trained on; computes nothing."""
