"""What every web application of mlcap stands on: the guard before it, its limits, problems, and serving."""
