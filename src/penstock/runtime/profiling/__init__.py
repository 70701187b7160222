"""What a file of rows holds, as somebody who describes it for the first time wants to know it."""
