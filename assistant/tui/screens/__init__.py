"""The screens of the app, one a file, its layout in the .tcss beside it."""
