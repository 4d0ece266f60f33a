"""The train stage; import it as `stepladder.train`."""

if __name__ == "train":
    raise ImportError(
        "this folder is stepladder.train: write `import stepladder.train`, "
        "or run python with -P to reach another package named train"
    )
