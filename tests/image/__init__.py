"""The image of the Dockerfile, built and run. Only `script/image-test` runs these tests: they take minutes, and root."""
