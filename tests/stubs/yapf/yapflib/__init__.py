"""Where mmengine looks for it."""
