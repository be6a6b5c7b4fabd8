"""What a machine lacks to run the project, and the remedy. No TensorFlow."""
