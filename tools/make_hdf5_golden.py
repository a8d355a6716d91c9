#!/usr/bin/env python3
"""Writes tests/golden/hdf5: small HDF5 files by h5py and real Keras, each with a listing of what h5py reads in it.

Run by hand, never by the build, with the versions of tests/interop/requirements.txt:

    python tools/make_hdf5_golden.py [-o FOLDER]
    python tools/make_hdf5_golden.py --list FILE      # the listing of any HDF5 file, on standard output

A listing has a line for each link, by path, and below it one for each attribute, by name:

    group /layers                                     same /b = /a              (a second hard link to /a)
    dataset /x float32 (2, 3) 000080bf...             soft /s = /x              external /e = other.h5:/x
      attribute name string () "dense"

Data and numbers are hexadecimal little-endian bytes; above 64 bytes their length and CRC-32. Floats of attributes are
doubles, whole numbers are decimal, strings are quoted.
"""

import argparse
import json
import os
import pathlib
import platform
import struct
import tempfile
import zipfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
NAMES = {np.dtype(name): name for name in (
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128").split()}


# --- Listing ---

def quoted(text):
    raw = text.encode() if isinstance(text, str) else bytes(text)
    if len(raw) > 64:
        return f"{len(raw)} characters {zlib.crc32(raw):08x}"
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\x{b:02x}" for b in raw) + '"'


def hexadecimal(raw):
    return raw.hex() if len(raw) <= 64 else f"{len(raw)} bytes {zlib.crc32(raw):08x}"


def dtype_word(dtype, attributes=None):
    if h5py.check_string_dtype(dtype) or dtype.kind == "S":
        return "string"
    if dtype.kind == "V" and dtype.itemsize == 2 and attributes is not None and attributes.get("dtype") == "bfloat16":
        return "bfloat16"
    if dtype.kind == "V" or h5py.check_vlen_dtype(dtype) or h5py.check_ref_dtype(dtype):
        return None
    return NAMES.get(dtype.newbyteorder("="))


def shape_text(shape):
    return "(" + ", ".join(str(n) for n in shape) + ("," if len(shape) == 1 else "") + ")"


def attribute_line(attributes, name):
    attribute = h5py.h5a.open(attributes._id, name.encode())
    dtype = attribute.dtype
    word = dtype_word(dtype)
    if word is None or word.startswith("complex"):
        return f"  attribute {name} unsupported"
    if attribute.get_space().get_simple_extent_type() == h5py.h5s.NULL:
        return f"  attribute {name} {word} null"
    value = attributes[name]
    head = f"  attribute {name} {word} {shape_text(attribute.shape)}"
    items = np.asarray(value, dtype=object if word == "string" else None).reshape(-1).tolist()
    if word == "string":
        texts = [quoted(item) for item in items]
    elif word.startswith("float"):
        texts = [struct.pack("<d", item).hex() for item in items]
    else:
        texts = [str(int(item)) for item in items]
    return " ".join([head, *texts])


def dataset_line(path, dataset):
    word = dtype_word(dataset.dtype, dataset.attrs)
    head = f"dataset {path}"
    if word is None or dataset.ndim > 8 or dataset.is_virtual or dataset.external or unknown_filter(dataset):
        return head + " unsupported"
    if dataset.shape is None:
        return f"{head} {word} null"
    head += f" {word} {shape_text(dataset.shape)}"
    if word == "string":
        return " ".join([head, *(quoted(item) for item in np.asarray(dataset[()], dtype=object).reshape(-1).tolist())])
    value = np.asarray(dataset[()])
    if value.dtype.kind != "V":
        value = value.astype(value.dtype.newbyteorder("<"))
    return f"{head} {hexadecimal(value.tobytes())}"


def unknown_filter(dataset):
    properties = dataset.id.get_create_plist()
    return any(properties.get_filter(i)[0] > 3 for i in range(properties.get_nfilters()))


def listing(file):
    links = {}
    walked = set()

    def walk(group, path):
        for name in group:
            inner = path.rstrip("/") + "/" + name
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                links[inner] = f"soft {inner} = {link.path}"
            elif isinstance(link, h5py.ExternalLink):
                links[inner] = f"external {inner} = {link.filename}:{link.path}"
            else:
                visit(group[name], inner)

    def visit(item, path):
        links[path] = item
        address = h5py.h5o.get_info(item.id).addr
        if isinstance(item, h5py.Group) and address not in walked:
            walked.add(address)
            walk(item, path)

    visit(file["/"], "/")
    first = {}
    lines = []
    for path in sorted(links):
        item = links[path]
        if isinstance(item, str):
            lines.append(item)
            continue
        address = h5py.h5o.get_info(item.id).addr
        if address in first:
            lines.append(f"same {path} = {first[address]}")
            continue
        first[address] = path
        if isinstance(item, h5py.Group):
            lines.append(f"group {path}")
        elif isinstance(item, h5py.Datatype):
            lines.append(f"type {path}")
        else:
            lines.append(dataset_line(path, item))
        lines += [attribute_line(item.attrs, name) for name in sorted(item.attrs)]
    return "\n".join(lines) + "\n"


# --- Files ---

def everyday(file):
    """What weight files are made of, and every number that we read."""
    rng = np.random.default_rng(7)
    numbers = file.create_group("numbers")
    for dtype, name in NAMES.items():
        if name == "bool":
            value = np.array([[True, False, True]])
        elif dtype.kind in "iu":
            info = np.iinfo(dtype)
            value = np.array([[info.min, 0, info.max]], dtype)
        else:
            value = np.array([[-1.5, 0, 65504]], dtype)
        numbers[name] = value
        if name in ("int16", "int32", "int64", "float16", "float32", "float64", "complex64"):
            numbers[name + "_big_endian"] = value.astype(dtype.newbyteorder(">"))
    numbers["scalar"] = np.float32(0.25)
    numbers["iteration"] = np.int64(12)
    numbers["empty"] = np.zeros((0, 3), np.float32)
    numbers["null"] = h5py.Empty("f4")
    numbers["enumeration"] = np.array([1, 0], h5py.enum_dtype({"OFF": 0, "ON": 1, "MAYBE": 7}, "i4"))
    numbers["deep"] = rng.random((1, 2, 1, 2, 1, 1, 1, 2), np.float32)
    bfloat16 = file.create_dataset("bfloat16", data=np.array([0x3f80, 0xc000], "<u2").view("V2"))
    bfloat16.attrs["dtype"] = "bfloat16"

    layer = file.create_group("layers/dense/vars")
    layer.attrs["name"] = "dense"
    layer["0"] = rng.random((10, 4), np.float32)
    layer["1"] = rng.random(4, np.float32)
    layer["10"] = np.float32(10)
    file.create_group("layers/dropout/vars")

    strings = file.create_group("strings")
    strings["fixed"] = np.array([b"one", b"", b"three33"])
    strings.create_dataset("variable", data=["eins", "", "drei \u00e4"], dtype=h5py.string_dtype())
    strings["scalar"] = "alone"
    attributes = file.create_group("attributes").attrs
    attributes["text"] = "variable \u03b1"
    attributes["fixed"] = np.bytes_(b"fixed")
    attributes["fixed_array"] = np.array([b"dense", b"dense_1"])
    attributes["array"] = np.array(["a", "bb"], dtype=h5py.string_dtype())
    attributes["no_names"] = []
    attributes["integer"] = 3
    attributes["small"] = np.array([[1, 2], [3, -4]], np.int8)
    attributes["unsigned"] = np.array([2**63 - 1], np.uint64)
    attributes["flag"] = True
    attributes["real"] = 0.1
    attributes["half"] = np.array([0.5, -2, 6e-8, np.inf], np.float16)
    attributes["null"] = h5py.Empty("f8")
    attributes["long"] = "x" * 300

    file["soft"] = h5py.SoftLink("/layers/dense")
    file["external"] = h5py.ExternalLink("elsewhere.h5", "/x")
    file["zz_same_group"] = file["layers/dense"]
    file["zz_same_data"] = file["layers/dense/vars/0"]


def low_level_dataset(file, name, data, layout, fill=None, allocate=None):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(layout)
    if fill is not None:
        properties.set_fill_value(np.array(fill, data.dtype))
    if allocate is not None:
        properties.set_alloc_time(allocate)
    space = h5py.h5s.create_simple(data.shape)
    return h5py.h5d.create(file.id, name.encode(), h5py.h5t.py_create(data.dtype), space, properties)


def layouts(file):
    """Where data can lie: in the header, in one piece, nowhere yet, in chunks with every filter."""
    data = np.arange(60, dtype=np.float32).reshape(6, 10)
    low_level_dataset(file, "compact", data, h5py.h5d.COMPACT).write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    low_level_dataset(file, "unwritten", data, h5py.h5d.CONTIGUOUS)
    low_level_dataset(file, "unwritten_filled", data, h5py.h5d.CONTIGUOUS, fill=2.5)
    for name, options in {
        "plain": {},
        "deflate": {"compression": "gzip"},
        "shuffle": {"compression": "gzip", "shuffle": True},
        "checked": {"fletcher32": True},
        "everything": {"compression": "gzip", "shuffle": True, "fletcher32": True},
    }.items():
        file.create_dataset(f"edges/{name}", data=data, chunks=(4, 4), **options)
        if file.libver[0] == "earliest" or name not in ("plain", "everything"):
            continue  # one index of chunks serves all, or the filters were tried
        file.create_dataset(f"one_chunk/{name}", data=data, chunks=(6, 10), **options)
        file.create_dataset(f"growing_one_axis/{name}", data=data, chunks=(4, 4), maxshape=(6, None), **options)
        file.create_dataset(f"growing/{name}", data=data, chunks=(4, 4), maxshape=(None, None), **options)
        file.create_dataset(f"growing_to_an_end/{name}", data=data, chunks=(4, 4), maxshape=(9, 21), **options)
    for name, maxshape in {"fixed": None, "one_axis": (None, 10), "both": (None, None)}.items():
        if file.libver[0] == "earliest" and maxshape:
            continue
        holes = file.create_dataset(f"holes_{name}", (6, 10), np.int16, chunks=(2, 3), fillvalue=-7, maxshape=maxshape)
        holes[2:4, 3:6] = 1
    file.create_dataset("never_written", (5,), np.float64, chunks=(2,), fillvalue=1.5)
    big = file.create_dataset("big_endian_filled", (3,), ">i4", chunks=(2,), fillvalue=258)
    big[2] = 1
    shrunk = file.create_dataset("shrunk", data=data, chunks=(4, 4), maxshape=(None, None))
    shrunk.resize((3, 5))
    file.create_dataset("many_chunks", data=np.arange(140, dtype=np.int16), chunks=(2,))
    file.create_dataset("texts", data=np.array(["eins", "zwei", "drei"], object), chunks=(2,), compression="gzip",
                        dtype=h5py.string_dtype())
    early = low_level_dataset(file, "early", data, h5py.h5d.CONTIGUOUS, allocate=h5py.h5d.ALLOC_TIME_EARLY)
    early.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def paged(file):
    """A fixed array with pages, the first of them unwritten."""
    sparse = file.create_dataset("sparse", (1100,), np.uint8, chunks=(1,), fillvalue=9)
    sparse[1050:] = 4


def indexes(file):
    """The indexes of chunks where they are no longer simple, and chunks that some filter passed over."""
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((2, 3))
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((5, 4))
    implicit = h5py.Dataset(h5py.h5d.create(file.id, b"implicit", h5py.h5t.NATIVE_INT16, space, properties))
    implicit[...] = np.arange(20).reshape(5, 4)
    # An extensible array with super blocks, and with pages in their data blocks; a B-tree with inner nodes.
    for name, count, chunk, maxshape in (("super_blocks", 700, 1, (None,)), ("block_pages", 40000, 1, (None,))):
        sparse = file.create_dataset(name, (count,), np.uint8, chunks=(chunk,), maxshape=maxshape, fillvalue=3)
        sparse[::count // 3] = np.arange(len(sparse[::count // 3]))
    tree = file.create_dataset("tree", (16, 12), np.uint8, chunks=(1, 1), maxshape=(None, None))
    tree[...] = np.arange(192).reshape(16, 12)
    skipped = file.create_dataset("skipped_filter", (4,), np.int32, chunks=(2,), compression="gzip", shuffle=True)
    skipped[2:] = [7, 8]
    skipped.id.write_direct_chunk((0,), np.array([5, 6], "<i4").tobytes(), filter_mask=3)


def tiny(file):
    """A little of everything, for each version of the format."""
    file.attrs["name"] = "tiny"
    file["group/x"] = np.arange(3, dtype=">i2")
    file.create_dataset("packed", data=np.arange(6, dtype=np.float32).reshape(2, 3), chunks=(2, 2), compression="gzip")
    file["zz_again"] = file["group"]
    file["soft"] = h5py.SoftLink("group")


def paddings(file):
    """Fixed texts that end with a NUL, with NULs, with blanks."""
    for name, padding in {"terminated": h5py.h5t.STR_NULLTERM, "nulls": h5py.h5t.STR_NULLPAD, "blanks": h5py.h5t.STR_SPACEPAD}.items():
        text = h5py.h5t.C_S1.copy()
        text.set_size(6)
        text.set_strpad(padding)
        dataset = h5py.h5d.create(file.id, name.encode(), text, h5py.h5s.create_simple((2,)))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab", b"cd e"], "S6"), text if padding == h5py.h5t.STR_NULLPAD else None)


def crowds(file):
    """Groups with many links, objects with many attributes, an attribute of more than 64 kB where that is possible."""
    group = file.create_group("group")
    group["0"] = np.float32(0)
    for i in range(1, 100):
        group[f"{i}"] = group["0"]
    long = file.create_group("long_names")
    for i in range(8):
        long[f"{'n' * 120}{i}"] = group["0"]
    for name, count in {"few": 3, "many": 12}.items():
        attributes = file.create_group(name).attrs
        for i in range(count):
            attributes[f"attribute_{i}"] = f"value {i}" if i % 2 else i


def huge_attribute(file):
    for i in range(12):
        file.attrs[f"attribute_{i}"] = i
    file.attrs["huge"] = np.arange(600)  # above 4096 bytes an object of its own, outside the heap
    file.attrs["text"] = "y" * 7000


def ordered(file):
    group = file.create_group("group", track_order=True)
    for name in ("zebra", "ant", "mole"):
        group[name] = np.float32(len(name))
        group.attrs[name] = len(name)


def named_types(file):
    file["type"] = np.dtype("<f4")
    file.create_dataset("first", data=np.array([1, 2], "f4"), dtype=file["type"])
    file.create_dataset("second", data=np.array([3], "f4"), dtype=file["type"])
    file["first"].attrs.create("typed", 1.5, dtype=file["type"])


def not_supported(file):
    """What we name, and do not read."""
    file["compound"] = np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")])
    file.create_dataset("sequences", (2,), h5py.vlen_dtype(np.int32))
    file.create_dataset("references", (1,), h5py.ref_dtype)
    file["opaque"] = np.array([b"abc"], "V3")
    file.create_dataset("lzf", data=np.arange(100), chunks=(50,), compression="lzf")
    file.create_dataset("scaled", data=np.arange(100), chunks=(50,), scaleoffset=0)
    file.create_dataset("external_data", (2,), "i4", external=[("data.bin", 0, 8)])
    file.create_dataset("nine_axes", (1,) * 9, "f4")
    layout = h5py.VirtualLayout((4,), "f4")
    layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
    file.create_virtual_dataset("virtual", layout)
    file.attrs["compound"] = np.array((1, 2.0), [("a", "i4"), ("b", "f4")])
    file.attrs["reference"] = file.ref
    file["readable"] = np.float32(1)


def with_sizes(path, offset_size, length_size):
    properties = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    properties.set_sizes(offset_size, length_size)
    with h5py.File(h5py.h5f.create(os.fsencode(path), h5py.h5f.ACC_TRUNC, properties)) as file:
        file["weights/kernel"] = np.arange(6, dtype=np.float32).reshape(2, 3)
        file["weights"].attrs["text"] = "text"
        file["chunked"] = file["weights/kernel"][()]


def by_h5py(folder):
    versions = {"earliest": ("earliest", "latest"), "v108": ("v108", "v108"), "latest": ("latest", "latest")}
    for word, libver in versions.items():
        makers = [everyday, layouts, crowds, named_types] if word != "v108" else [ordered]
        if word == "latest":
            makers += [paged, huge_attribute, not_supported, indexes, paddings]
        for make in makers:
            with h5py.File(folder / f"{make.__name__}_{word}.h5", "w", libver=libver) as file:
                make(file)
    for word in ("earliest", "v108", "v110", "v112", "v114"):
        with h5py.File(folder / f"tiny_{word}.h5", "w", libver=(word, "latest" if word == "earliest" else word)) as file:
            tiny(file)
    with h5py.File(folder / "tiny_pages.h5", "w", libver="latest", fs_strategy="page", fs_page_size=512) as file:
        tiny(file)
    with h5py.File(folder / "user_block.h5", "w", userblock_size=1024) as file:
        file["x"] = np.arange(3)
    with h5py.File(folder / "times.h5", "w", libver="latest", track_order=True) as file:
        file.create_dataset("x", data=np.arange(3), track_times=True)
    with_sizes(folder / "sizes_4_4.h5", 4, 4)


def by_keras(folder):
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu", name="first"),
                              keras.layers.Dense(1, name="second")], name="small")
    model.compile("adam", "mean_squared_error")
    model.fit(np.ones((4, 3)), np.ones((4, 1)), verbose=0)
    with tempfile.TemporaryDirectory() as scratch:
        model.save(f"{scratch}/model.keras")
        with zipfile.ZipFile(f"{scratch}/model.keras") as archive:
            (folder / "keras_archive_entry.h5").write_bytes(archive.read("model.weights.h5"))
    model.save(folder / "keras_legacy.h5")
    narrow = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="bfloat16", name="narrow")])
    narrow.save_weights(folder / "keras_narrow.weights.h5")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "tests" / "golden" / "hdf5")
    parser.add_argument("--list", type=pathlib.Path, metavar="FILE", help="print the listing of FILE, write nothing")
    arguments = parser.parse_args()
    if arguments.list:
        with h5py.File(arguments.list, "r") as file:
            print(listing(file), end="")
        return
    import keras

    folder = arguments.output
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.h5"), *folder.glob("*.txt")]:
        old.unlink()
    by_h5py(folder)
    by_keras(folder)
    files = sorted(folder.glob("*.h5"))
    for path in files:
        with h5py.File(path, "r") as file:
            path.with_suffix(".txt").write_text(listing(file))
    (folder / "manifest.json").write_text(json.dumps({
        "command": "python tools/make_hdf5_golden.py",
        "python": platform.python_version(),
        "h5py": h5py.__version__,
        "hdf5": h5py.version.hdf5_version,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "files": [path.name for path in files],
    }, indent=1) + "\n")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in folder.iterdir()):,} bytes")


if __name__ == "__main__":
    main()
