"""`stepladder doctor`: what this machine can run, in words."""
