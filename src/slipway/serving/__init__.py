"""The data plane: request -> validate -> route -> arm -> journal -> reply, and the processes around it."""
