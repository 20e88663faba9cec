"""The simulated city: its moods, its scenarios, its network and what may break in it."""
