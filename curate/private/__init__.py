"""What must not be learned by heart: personal data and secrets, found by rules with check digits."""
