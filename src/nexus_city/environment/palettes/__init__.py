"""Palettes: which colour stands for which mood, how colours are reckoned, and the files in which they travel."""
