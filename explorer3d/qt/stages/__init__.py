"""The strip of stages: the picture after each layer of the network."""
