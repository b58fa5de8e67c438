"""Compile kernels that Numba's cache lacks, on all processors."""
