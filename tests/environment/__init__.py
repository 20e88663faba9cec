"""Tests of how a place answers with light."""
