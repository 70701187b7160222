"""The generated files of a pull request: what differs, how it is shown, and which change it comes from."""
