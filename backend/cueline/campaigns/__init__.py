"""What campaigns say: the document, its checks, the matching index and the entry policy. Pure."""
