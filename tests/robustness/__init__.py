"""What the city stands: crashes, full disks, bad input, people who hang up, and being stopped."""
