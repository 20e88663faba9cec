"""Watching released tables for what is unusual, at a rate of false alarms that is stated.

`streams` (standardised against what is expected) → `wandering` (less what a place does anyway) → `charts` (one number a
window each) → `bank` (all of them, and their alarms); `calibration` finds the thresholds.
"""
