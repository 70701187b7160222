"""The first specs of a repository, written from what a file of rows holds."""
