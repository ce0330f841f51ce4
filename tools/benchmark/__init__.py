"""Trains and measures the detectors side by side; run from the repository root."""
