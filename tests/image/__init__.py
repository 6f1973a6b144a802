"""The image that the Dockerfile makes, built and run. Only `script/image-test` runs this: it takes minutes, and root."""
