"""Nexus City: a shared space feels what its people feel, and never learns who felt what."""

__version__ = "0.1.0"
