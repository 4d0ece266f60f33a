"""`stepladder review`: a page on this machine where a person decides about the rows that curation marked."""
