"""What is wrong with an installation, or with a data set."""
