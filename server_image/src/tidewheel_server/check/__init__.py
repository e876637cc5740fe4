"""The test before serving: the rows of the check file, asked as a client would."""
