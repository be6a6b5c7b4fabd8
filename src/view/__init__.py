"""What a search did: its log read, plotted, filmed, reported. No TensorFlow."""
