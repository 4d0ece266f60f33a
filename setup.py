from setuptools import find_packages, setup

STAGES = ("curate", "train", "evaluate")  # folders of the checkout that are installed inside the package `stepladder`

setup(
    package_dir={f"stepladder.{stage}": stage for stage in STAGES},
    packages=[
        *find_packages(include=["stepladder", "stepladder.*"]),
        *(f"stepladder.{stage}" for stage in STAGES),
        *(f"stepladder.{stage}.{inner}" for stage in STAGES for inner in find_packages(stage)),
    ],
)
