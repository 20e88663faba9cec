"""The network between people and displays: counted and released as in the product, with a machine that may break."""
