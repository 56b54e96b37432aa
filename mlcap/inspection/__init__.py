"""The captions behind a number: cells of the confusion, their neighbours in training, doubted labels, learning curves."""
