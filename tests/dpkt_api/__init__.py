"""pcapframe.dpkt against dpkt: the same input, all that can be seen of the output."""
