"""`stepladder sweep`: quality, size and structure of the update against its rank."""
