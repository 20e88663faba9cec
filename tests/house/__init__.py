"""Tests about the house itself: its documents, its style and its walls."""
