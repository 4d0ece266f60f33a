"""What an adapter did to its model: the structure of the low-rank update, layer by layer."""
