"""`stepladder init`: what the user's files are, said in words and written down as a project file."""
