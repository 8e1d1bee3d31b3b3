"""Campaign documents into SQL, and back."""
