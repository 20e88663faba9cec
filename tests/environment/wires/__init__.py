"""Tests of wires: what is packed, byte by byte, and what real receivers make of it."""
