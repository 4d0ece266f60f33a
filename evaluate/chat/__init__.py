"""One prompt, the rungs side by side: what a person reads before believing a verdict."""
