"""The worker's side of the engine: from a frame that comes in to the batches that answer it; knows nothing of the app."""
