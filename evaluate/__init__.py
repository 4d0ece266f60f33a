"""The evaluate stage; import it as `stepladder.evaluate`."""

if __name__ == "evaluate":
    raise ImportError(
        "this folder is stepladder.evaluate: write `import stepladder.evaluate`, "
        "or run python with -P to reach another package named evaluate"
    )
