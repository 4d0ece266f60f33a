"""How each method becomes a TRL trainer."""
