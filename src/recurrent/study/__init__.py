"""What ablations and analyses of finished searches share."""
