#!/usr/bin/python3
"""Makes the goldens of io.longreel.curriculum.image with Pillow (Debian: apt-get install python3-pil).

    /usr/bin/python3 curriculum/src/test/python/pillow_goldens.py

writes to curriculum/src/test/resources/io/longreel/curriculum/image:

  version.txt      the version of Pillow and of the libraries under it
  resize.txt       one line a case: pattern seed width height newWidth newHeight filter sha256 offset; offset -1 = only the hash is kept
  resize.bin       the results of the cases that have an offset, one after the other, RGB
  NAME             small image files, one for each way to store a picture
  NAME.rgb         what Image.open(NAME).convert("RGB") gives

The tests draw the same sources (GoldenPictures.java), so no source is stored.
"""
import hashlib
import io
import os
import struct
import zlib

import PIL
from PIL import Image, features

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../resources/io/longreel/curriculum/image")
FILTERS = {"BICUBIC": Image.BICUBIC, "BILINEAR": Image.BILINEAR}


def random_bytes(seed, count):
    """xorshift32, upper byte of each number."""
    state = seed & 0xFFFFFFFF
    out = bytearray(count)
    for i in range(count):
        state ^= (state << 13) & 0xFFFFFFFF
        state ^= state >> 17
        state ^= (state << 5) & 0xFFFFFFFF
        out[i] = state >> 24
    return bytes(out)


def draw(pattern, seed, w, h):
    """RGB bytes of a picture, row by row."""
    if pattern == "noise":
        return random_bytes(seed, w * h * 3)
    out = bytearray(w * h * 3)
    i = 0
    for y in range(h):
        for x in range(w):
            if pattern == "gradient":
                out[i : i + 3] = bytes((x * 255 // max(1, w - 1), y * 255 // max(1, h - 1), (x + y + seed) % 256))
            elif pattern == "checks":
                out[i : i + 3] = bytes((255 * ((x + y) % 2), 255 * ((x // 3 + y // 2) % 2), 255 * (x % 2)))
            else:
                raise ValueError(pattern)
            i += 3
    return bytes(out)


def resize_goldens():
    cases = [
        # pattern, seed, from, to, keep the result
        ("noise", 1, (64, 48), (32, 24), True),
        ("noise", 2, (31, 17), (13, 29), True),
        ("noise", 3, (7, 5), (40, 33), True),
        ("noise", 4, (1, 1), (9, 9), True),
        ("noise", 5, (50, 50), (1, 1), True),
        ("noise", 6, (1, 60), (20, 20), True),
        ("noise", 7, (60, 1), (20, 20), True),
        ("noise", 8, (300, 3), (24, 24), True),
        ("noise", 9, (3, 300), (24, 24), True),
        ("noise", 10, (40, 30), (40, 17), True),
        ("noise", 11, (40, 30), (17, 30), True),
        ("noise", 12, (33, 33), (33, 33), False),
        ("noise", 13, (97, 61), (56, 56), False),
        ("noise", 14, (640, 480), (384, 384), False),
        ("gradient", 15, (1920, 1080), (384, 384), False),
        ("noise", 16, (385, 383), (384, 384), False),
        ("noise", 17, (2, 2), (384, 384), False),
        ("gradient", 18, (100, 80), (37, 41), True),
        ("gradient", 19, (16, 16), (33, 33), True),
        ("checks", 20, (64, 64), (21, 21), True),
        ("checks", 21, (16, 12), (31, 37), True),
        ("noise", 22, (2000, 2), (384, 384), False),
        ("noise", 23, (224, 224), (448, 448), False),
    ]
    lines, kept = [], bytearray()
    for pattern, seed, (w, h), (nw, nh), keep in cases:
        source = Image.frombytes("RGB", (w, h), draw(pattern, seed, w, h))
        for name, filter_ in FILTERS.items():
            result = source.resize((nw, nh), filter_).tobytes()
            offset = len(kept) if keep else -1
            if keep:
                kept += result
            digest = hashlib.sha256(result).hexdigest()
            lines.append(f"{pattern} {seed} {w} {h} {nw} {nh} {name} {digest} {offset}\n")
    write("resize.txt", "".join(lines).encode())
    write("resize.bin", bytes(kept))


def scene(w, h):
    """Smooth areas, edges and a little noise: what JPEG is made for."""
    noise = random_bytes(77, w * h)
    out = bytearray()
    for y in range(h):
        for x in range(w):
            n = noise[y * w + x] % 9
            disc = (x - w * 0.6) ** 2 + (y - h * 0.45) ** 2 < (0.28 * h) ** 2
            stripe = (x + 2 * y) // 7 % 2 and x < w * 0.4
            rgb = (210, 40, 30) if disc else (20, 90, 200) if stripe else (90 + x * 2 % 120, 160 - y * 3 % 90, 60 + y)
            out += bytes(min(255, v + n) for v in rgb)
    return Image.frombytes("RGB", (w, h), bytes(out))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(w, h, depth, colour, rows, extra=b"", interlace=0):
    """A PNG of its raw, unfiltered rows (each a bytes), for what Pillow cannot write."""
    data = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, colour, 0, 0, interlace))
        + extra
        + chunk(b"IDAT", zlib.compress(data, 9))
        + chunk(b"IEND", b"")
    )


def adam7_rows(image):
    w, h = image.size
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for y in range(y0, h, dy):
            row = b"".join(bytes(image.getpixel((x, y))) for x in range(x0, w, dx))
            if row:
                yield row


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def file_goldens():
    w, h = 35, 27
    rgb = scene(w, h)
    grey = rgb.convert("L")
    alpha = Image.frombytes("L", (w, h), bytes((x * 7 + y * 5) % 256 for y in range(h) for x in range(w)))
    rgba = Image.merge("RGBA", (*rgb.split(), alpha))
    palette = rgb.quantize(23)
    files = {
        "rgb.png": saved(rgb, "PNG"),
        "rgba.png": saved(rgba, "PNG"),
        "grey.png": saved(grey, "PNG"),
        "grey-alpha.png": saved(Image.merge("LA", (grey, alpha)), "PNG"),
        "palette.png": saved(palette, "PNG"),
        "palette-16.png": saved(rgb.quantize(11), "PNG"),
        "palette-alpha.png": saved(palette, "PNG", transparency=3),
        "bits.png": saved(rgb.convert("1"), "PNG"),
        "rgb-transparent.png": saved(rgb, "PNG", transparency=rgb.getpixel((0, 0))),
        "grey-2.png": png(9, 4, 2, 0, [bytes(((17 * i) % 256, 27, 0xC0)) for i in range(4)]),
        "grey-4.png": png(5, 3, 4, 0, [bytes((0x01, 0x8F, 0x70)) for _ in range(3)]),
        "grey-16.png": png(3, 2, 16, 0, [bytes((0, 200, 1, 0, 2, 255)), bytes((64, 64, 128, 1, 255, 255))]),
        "rgb-16.png": png(11, 7, 16, 2, [random_bytes(90 + y, 11 * 6) for y in range(7)]),
        "rgba-16.png": png(11, 7, 16, 6, [random_bytes(190 + y, 11 * 8) for y in range(7)]),
        "adam7.png": png(w, h, 8, 2, adam7_rows(rgb), interlace=1),
        "rgb.bmp": saved(rgb, "BMP"),
        "grey.bmp": saved(grey, "BMP"),
        "palette.bmp": saved(palette, "BMP"),
        "bits.bmp": saved(rgb.convert("1"), "BMP"),
        "rgba.bmp": saved(rgba, "BMP"),
        "palette.gif": saved(palette, "GIF"),
        "plain.gif": saved(palette, "GIF", interlace=0),
        "transparent.gif": saved(palette, "GIF", transparency=palette.getpixel((20, 12))),
        "animated.gif": saved(palette, "GIF", save_all=True, append_images=[grey.convert("RGB").quantize(5)]),
        "lossless.webp": saved(rgb, "WEBP", lossless=True),
        "lossless-alpha.webp": saved(rgba, "WEBP", lossless=True, exact=True),
        "lossy.webp": saved(rgb, "WEBP", quality=80),
        "lossy-alpha.webp": saved(rgba, "WEBP", quality=80),
        "444.jpg": saved(rgb, "JPEG", quality=90, subsampling=0),
        "422.jpg": saved(rgb, "JPEG", quality=90, subsampling=1),
        "420.jpg": saved(rgb, "JPEG", quality=90, subsampling=2),
        "420-low.jpg": saved(rgb, "JPEG", quality=20, subsampling=2),
        "420-progressive.jpg": saved(rgb, "JPEG", quality=85, progressive=True),
        "420-narrow.jpg": saved(rgb.crop((8, 0, 11, 20)), "JPEG", quality=90),
        "420-dot.jpg": saved(rgb.crop((20, 12, 21, 13)), "JPEG", quality=90),
        "grey.jpg": saved(grey, "JPEG", quality=90),
        "cmyk.jpg": saved(rgb.convert("CMYK"), "JPEG", quality=95),
        "restart.jpg": saved(rgb, "JPEG", quality=75, optimize=True, dpi=(72, 72), comment=b"c" * 300),
        "turned.jpg": saved(rgb, "JPEG", quality=90, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"),
    }
    for name, data in files.items():
        write(name, data)
        # Pillow cuts 16 bit grey off at 255; the Java side has an expectation of its own.
        if name != "grey-16.png":
            write(name + ".rgb", Image.open(io.BytesIO(data)).convert("RGB").tobytes())


def write(name, data):
    with open(os.path.join(OUT, name), "wb") as out:
        out.write(data)


def main():
    os.makedirs(OUT, exist_ok=True)
    versions = [f"Pillow {PIL.__version__}"]
    versions += [f"{name} {features.version(name)}" for name in ("libjpeg_turbo", "webp", "zlib")]
    write("version.txt", ("\n".join(versions) + "\n").encode())
    resize_goldens()
    file_goldens()


main()
