"""What is measured: trains the models of `models` and writes plain files, the bundle."""
