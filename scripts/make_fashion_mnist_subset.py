#!/usr/bin/env python3
"""Generates the embedded subset of Fashion-MNIST from the original files.

    python3 scripts/make_fashion_mnist_subset.py FOLDER_OF_THE_FOUR_FILES [OUTPUT_FOLDER]

Takes the first images of each class in file order: 5,120 training images (512 per class) and 1,024 test images (103 of each
class 0 to 3, 102 of each other class). Uses the standard library only. Equal input gives equal content everywhere, and equal
bytes with equal zlib versions. Prints the size and the SHA-256 of the content of each file, as stated in
crates/datasets/src/catalogue.rs.
"""

import gzip
import hashlib
import io
import pathlib
import struct
import sys

CLASSES = 10
OUTPUT = pathlib.Path(__file__).resolve().parent.parent / "crates/datasets/embedded/fashion-mnist-subset"
PARTS = {"train": 5120, "t10k": 1024}
IMAGES, LABELS = 0x00000803, 0x00000801


def main():
    source = pathlib.Path(sys.argv[1])
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else OUTPUT
    for part, total in PARTS.items():
        images_name, labels_name = f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"
        rows, columns, images = read_images(source / images_name)
        labels = read_labels(source / labels_name)
        if len(images) != len(labels):
            sys.exit(f"{source}: {len(images)} images and {len(labels)} labels in {part}, must be as many")
        kept = first_of_each_class(labels, total)
        header = struct.pack(">IIII", IMAGES, total, rows, columns)
        write(output / images_name, header + b"".join(images[index] for index in kept))
        header = struct.pack(">II", LABELS, total)
        write(output / labels_name, header + bytes(labels[index] for index in kept))


def read_images(path):
    content = gzip.decompress(path.read_bytes())
    magic, count, rows, columns = struct.unpack_from(">IIII", content)
    size = rows * columns
    if magic != IMAGES or len(content) != 16 + count * size:
        sys.exit(f"{path}: not a whole IDX file of images")
    return rows, columns, [content[at : at + size] for at in range(16, len(content), size)]


def read_labels(path):
    content = gzip.decompress(path.read_bytes())
    magic, count = struct.unpack_from(">II", content)
    if magic != LABELS or len(content) != 8 + count:
        sys.exit(f"{path}: not a whole IDX file of labels")
    return content[8:]


def first_of_each_class(labels, total):
    """Returns the indices of the images to keep; if `total` is not divisible, the first classes have one more image."""
    wanted = [total // CLASSES + (label < total % CLASSES) for label in range(CLASSES)]
    kept = []
    for index, label in enumerate(labels):
        if wanted[label] > 0:
            wanted[label] -= 1
            kept.append(index)
    if any(wanted):
        sys.exit(f"too few images: {wanted} of the classes are missing")
    return kept


def write(path, content):
    packed = io.BytesIO()
    # Without name and time in the header, equal content gives an equal file.
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(content)
    path.write_bytes(packed.getvalue())
    print(f"{path.name}: {len(packed.getvalue())} bytes, content {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
