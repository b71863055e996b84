"""From records to a searchable snapshot."""
