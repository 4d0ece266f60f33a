"""The curate stage; import it as `stepladder.curate`."""

if __name__ == "curate":
    raise ImportError(
        "this folder is stepladder.curate: write `import stepladder.curate`, "
        "or run python with -P to reach another package named curate"
    )
