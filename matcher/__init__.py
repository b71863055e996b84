"""What a good match is: the business, free of files, models and networks."""
