"""Which rows say the same: signatures find candidates, exact similarity verifies them, families keep them together."""
