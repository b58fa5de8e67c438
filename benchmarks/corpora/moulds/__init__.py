"""Make notices that newsrooms fill in day by day: pieces of one mould, and corrected ones, in five languages."""
