"""The read-only view of a pull request, and the forges that give one."""
