"""Tests of the network's own health."""
