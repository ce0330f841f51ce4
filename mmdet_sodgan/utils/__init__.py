"""What is generic: imports nothing of ours but records."""
