"""code-card: connects tools that write software with AI to a Code Card server. Python >= 3.9 and nothing else."""

VERSION = "0.1.0"
