"""The only door for outside files."""
