"""What the tool costs, as ratios to the least that could do the same work. Run by `make bench`."""
