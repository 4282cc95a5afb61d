"""What is open in the window and what a person does with it: state, and one module for each kind of work."""
