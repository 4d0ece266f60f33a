"""An adapter taken elsewhere: merged weights, GGUF, Ollama, the hub; each is loaded again and compared before it counts."""
