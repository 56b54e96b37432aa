"""The desk's library: captions in a queue, what people decide about them, and what their decisions say."""
