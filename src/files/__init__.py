"""Files that need not be trusted: images, archives, pickles, XML."""
