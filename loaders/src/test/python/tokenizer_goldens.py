"""Token ids as the SentencePiece and tokenizers libraries give them, for the tests of module loaders.

    pip install sentencepiece==0.2.3 tokenizers==0.23.3 protobuf

    tokenizer_goldens.py texts --model M --json J --out F.jsonl.gz [--count N] [--seed S]
        hostile texts with their ids, and ids with their text; with --changes-of G.jsonl.gz only the lines that are not
        in G, for another tokenizer.json of the same vocabulary: its SHA-256 is "json_file" in the first line
    tokenizer_goldens.py variants --out F.jsonl.gz [--count N] [--seed S]
        many small random vocabularies, each with its file, texts and ids
    tokenizer_goldens.py model-from-json --json J --out M
        a tokenizer.model with the vocabulary of Gemma's tokenizer.json, where only that is at hand

The first line names the libraries' versions, the seed, the number of lines of each kind and the vocabulary:
"model_pieces" and "json_pieces" are the SHA-256 of all pieces in the order of their ids, each ended by a zero byte.
Further keys of the lines: "model" and "json" are the ids of the two file forms; with "_parse" control pieces that are
written in the text are parsed. A key is left out where it would equal the one before it, in the order model,
model_parse, json, json_parse.

The libraries know no such switch. So for "model_parse" the control pieces are made user-defined ones, and for
"json" the control pieces are taken out of the added tokens.
"""

import argparse
import base64
import gzip
import hashlib
import importlib.metadata
import json
import random

import sentencepiece
import tokenizers
from sentencepiece import sentencepiece_model_pb2 as pb

CONTROL = ("<pad>", "<eos>", "<bos>", "<unk>")
SPACE = "\u2581"
Piece = pb.ModelProto.SentencePiece


# ---- The two libraries -----------------------------------------------------------------------------------------


def processor(proto):
    return sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())


def parsing(proto):
    """The same model with control pieces, and the name of the unknown piece, as user-defined pieces."""
    changed = pb.ModelProto()
    changed.CopyFrom(proto)
    for piece in changed.pieces:
        if piece.type in (Piece.CONTROL, Piece.UNKNOWN):
            piece.type = Piece.USER_DEFINED
    changed.pieces.add(piece="\U0010FFFE unknown", score=0, type=Piece.UNKNOWN)
    return changed


def without_unknown_surface(proto):
    changed = pb.ModelProto()
    changed.CopyFrom(proto)
    changed.trainer_spec.unk_surface = ""
    return changed


class Model:
    """A tokenizer.model."""

    def __init__(self, proto):
        self.text = processor(proto)
        self.parse = processor(parsing(proto))
        self.decoder = processor(without_unknown_surface(proto))
        self.unknown = next(i for i, p in enumerate(proto.pieces) if p.type == Piece.UNKNOWN)
        self.size = len(proto.pieces)

    def ids(self, text, parse):
        ids = (self.parse if parse else self.text).encode(text)
        return [self.unknown if i == self.size else i for i in ids]

    def decode(self, ids):
        return self.decoder.decode(ids)


class Json:
    """A tokenizer.json, given as the parsed document."""

    def __init__(self, document):
        def build(keep, special):
            tokens = [dict(t, special=special(t)) for t in document["added_tokens"] if keep(t)]
            return tokenizers.Tokenizer.from_str(json.dumps(dict(document, added_tokens=tokens)))

        is_control = lambda token: token["content"] in CONTROL
        self.parse = build(lambda token: True, is_control)
        self.text = build(lambda token: not is_control(token), lambda token: False)
        self.size = self.parse.get_vocab_size()

    def ids(self, text, parse):
        return (self.parse if parse else self.text).encode(text, add_special_tokens=False).ids

    def decode(self, ids):
        return self.parse.decode(ids, skip_special_tokens=True)


# ---- Hostile texts ---------------------------------------------------------------------------------------------

SPECIALS = [
    *CONTROL, "<mask>", "<2mass>", "[@BOS@]", "<unused0>", "<unused1>", "<unused2>", "<unused98>", "<unused99>",
    "<start_of_turn>", "<end_of_turn>", "[toxicity=0]", "<0x0A>", "<0x00>", "<0xFF>", "<0x9>", "<0xff>",
    "<bos", "bos>", "<<bos>>", "< bos>", "<BOS>", "<|im_start|>", "<s>", "</s>", "[INST]",
    *(f"<{c}{t}>" for c in ("", "/") for t in
      "table thead tbody tfoot tr th td caption h1 h2 h6 blockquote ul ol li a b i em strong u s strike sub sup code "
      "pre br html body p span div img".split()),
]

WORDS = (
    "the of and to in that is was it for Congress whale harpoon Führer naïve Zürich façade Ελλάδα Москва 東京 北京 "
    "서울 עברית العربية हिन्दी ไทย 2024 3.14159 1,000,000 0xFF don't y'all e.g. U.S. http://example.org/a?b=c&d=e "
    "snake_case camelCase kebab-case C++ #include <stdio.h> => != :-) … — “quoted” ‘single’ «guillemets» ½ ² ™ € £"
).split()

CHARACTERS = (
    [chr(c) for c in range(0x00, 0x20)] + [chr(c) for c in range(0x7F, 0xA1)]
    + list("\u00ad\u0300\u0301\u0308\u0323\u034f\u061c\u115f\u1680\u180e\u2000\u2003\u2009\u200a\u200b\u200c\u200d"
           "\u200e\u200f\u2028\u2029\u202a\u202e\u202f\u205f\u2060\u2066\u2069\u2580\u2581\u2582\u3000\ufe0e\ufe0f"
           "\ufeff\ufff9\ufffc\ufffd\ufffe\uffff\ue000\uf8ff")
    + ["\U00010000", "\U0001D49C", "\U0001F600", "\U0001F468\u200d\U0001F469\u200d\U0001F467", "\U0001F3F4\U000E0067",
       "\U0001F1E9\U0001F1EA", "\U0002A6D6", "\U000E0001", "\U000F0000", "\U0010FFFD", "\U0010FFFF", "👍🏽", "✅", "🚀"]
)


def code_point(rng, low, high):
    while True:
        point = rng.randint(low, high)
        if not 0xD800 <= point < 0xE000:
            return chr(point)


RANGES = [(0, 0x7F), (0x20, 0x7E), (0x80, 0x24F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0x11FF),
          (0x1E00, 0x2BFF), (0x3040, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xE000, 0xFFFF), (0x10000, 0x1FFFF),
          (0x20000, 0x2FFFF), (0, 0x10FFFF)]


def systematic():
    yield ""
    runs = [*range(1, 71), 93, 94, 124, 125, 128, 155, 200, 257]
    for character in (" ", "\n", "\t", SPACE, "\r\n", "\u00a0", "\u3000", " \n", "\n ", "\t ", "\n\t"):
        for n in runs if character in " \n\t" or character == SPACE else runs[:40:3]:
            yield character * n
            if n % 4 == 1:
                yield "a" + character * n + "b"
                yield character * n + SPACE + character * n
    for special in SPECIALS:
        for pattern in ("{}", " {}", "{} ", "a{}b", "{}{}", "<{}>", "\n{}\n", "  {}  "):
            yield pattern.format(special, special)
    for character in CHARACTERS:
        for pattern in ("{}", "a{}b", " {} {} ", "{}{}{}"):
            yield pattern.replace("{}", character)
    for value in range(256):
        yield f"<0x{value:02X}>"
        yield chr(value)
    for digits in ("0", "12", "123", "2024", "1234567890" * 5, "1 2 3", "1.5e-7", "٣٤٥", "１２３"):
        yield digits
        yield " " + digits
    for base in ("a", "ab", "the", "é", "😀", "中", "\u0301", "<", ">", SPACE + "a", "a ", "=", "-", "whale"):
        for length in (100, 1000):
            yield (base * length)[:length]
    for base in ("whale", " a", "\u0001😀"):
        yield base * 5000


def mixture(rng):
    parts = []
    for _ in range(rng.randint(1, 12)):
        kind = rng.random()
        if kind < 0.35:
            parts.append(rng.choice(WORDS))
        elif kind < 0.5:
            parts.append(rng.choice(SPECIALS))
        elif kind < 0.65:
            parts.append(rng.choice(CHARACTERS))
        elif kind < 0.8:
            parts.append(rng.choice([" ", "\n", "\t", SPACE, "\r"]) * rng.choice([1, 1, 2, 3, 5, 8, 9, 17, 31, 32, 33]))
        else:
            low, high = rng.choice(RANGES)
            parts.append("".join(code_point(rng, low, high) for _ in range(rng.randint(1, 8))))
        if rng.random() < 0.5:
            parts.append(" ")
    return "".join(parts)


def random_text(rng):
    kind = rng.random()
    if kind < 0.6:
        return mixture(rng)
    if kind < 0.75:
        return "".join(rng.choice(" \n\t" + SPACE + "a") for _ in range(rng.randint(1, 80)))
    if kind < 0.9:
        low, high = rng.choice(RANGES)
        return "".join(code_point(rng, low, high) for _ in range(rng.randint(1, 60)))
    if kind < 0.97:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(50, 600)))
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 80)))


def texts(rng, count):
    seen = dict.fromkeys(systematic())
    while len(seen) < count:
        seen.setdefault(random_text(rng))
    return seen


# ---- Ids to decode ---------------------------------------------------------------------------------------------


def id_lists(rng, size, byte_ids, count):
    byte = lambda value: byte_ids[value]
    good = [c.encode() for c in ("é", "€", "中", "😀", "\u2581", "\ufffd", "a", "\x00", "\U0010ffff")]
    flawed = [b"\x80", b"\xc0\x80", b"\xe2\x82", b"\xe0\x80\x80", b"\xed\xa0\x80", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80",
              b"\xf8\x88\x80\x80\x80", b"\xff", b"\xe2A\x82", b"\xc3\xc3\xa9", b"\xf0\x9f\xe2\x82\xac"]
    for _ in range(count):
        ids = []
        for _ in range(rng.randint(1, 8)):
            kind = rng.random()
            if kind < 0.3:
                ids.append(rng.randrange(size))
            elif kind < 0.4:
                ids.append(rng.randrange(12))
            elif kind < 0.7:
                ids += map(byte, rng.choice(good))
            elif kind < 0.9:
                ids += map(byte, rng.choice(flawed))
            else:
                ids += [byte(rng.randrange(256)) for _ in range(rng.randint(1, 5))]
        yield [i for i in ids if i is not None]


# ---- Small random vocabularies ---------------------------------------------------------------------------------


def distinct(rng, alphabet, count, longest):
    found = {}
    while len(found) < count:
        found.setdefault("".join(rng.choice(alphabet) for _ in range(rng.randint(1, longest))))
    return list(found)


def model_variant(rng):
    proto = pb.ModelProto()
    proto.trainer_spec.model_type = pb.TrainerSpec.BPE
    proto.trainer_spec.byte_fallback = rng.random() < 0.5
    proto.trainer_spec.bos_piece = "<bos>"
    proto.trainer_spec.eos_piece = "<eos>"
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = False
    proto.normalizer_spec.remove_extra_whitespaces = False
    for control in CONTROL:
        proto.pieces.add(piece=control, score=0, type=Piece.UNKNOWN if control == "<unk>" else Piece.CONTROL)
    if proto.trainer_spec.byte_fallback:
        for value in range(256):
            proto.pieces.add(piece=f"<0x{value:02X}>", score=0, type=Piece.BYTE)
    alphabet = rng.choice(["ab", "abc" + SPACE, "ab\n<é", "a😀中" + SPACE])
    odd = rng.choice([0.0, 0.1, 0.3])
    for piece in distinct(rng, alphabet, rng.randint(6, 40 if len(alphabet) > 2 else 14), 5):
        kind = rng.random()
        kinds = [Piece.NORMAL] if kind >= odd else [Piece.UNUSED, Piece.USER_DEFINED]
        score = rng.choice([-1.0, -2.0, -3.0, -0.0, 0.0, 1.5, rng.uniform(-5, 0)])
        proto.pieces.add(piece=piece, score=score, type=rng.choice(kinds))
    return proto, alphabet.replace(SPACE, SPACE + " ") + "x<bos>"


def json_variant(rng):
    alphabet = rng.choice(["ab", "abc" + SPACE, "ab\n<é", "a😀中" + SPACE, "ab "])
    fallback = rng.choice(["none", "all", "some"])
    pieces = list(CONTROL)
    if fallback != "none":
        pieces += [f"<0x{v:02X}>" for v in range(256) if fallback == "all" or rng.random() < 0.9]
    known = [c for c in dict.fromkeys(alphabet) if rng.random() < 0.9] or [alphabet[0]]
    pieces += known
    merges = {}
    wanted = rng.randint(2, 25)
    for _ in range(20 * wanted):
        if len(merges) == wanted:
            break
        left, right = rng.choice(known), rng.choice(known)
        merge = left + right
        if len(merge) > 6:
            continue
        merges.setdefault((left, right))
        if merge not in pieces:
            pieces.append(merge)
            known.append(merge)
    pairs = " " in alphabet or rng.random() < 0.5
    added = [{"id": i, "content": c, "special": True, "normalized": False} for i, c in enumerate(CONTROL)]
    contents = [c for c in distinct(rng, alphabet + "<>", 5, 4) if c not in CONTROL][: rng.randint(0, 5)]
    normalise = rng.choice([None, "replace", "sequence", "prepend"])
    taken = set()
    for content in contents:
        normalized = rng.random() < 0.4
        form = content.replace(" ", SPACE) if normalise in ("replace", "sequence") else content
        if normalized and form in taken:
            continue
        taken.add(form)
        added.append({"id": -1, "content": content, "special": False, "normalized": normalized})
    next_id = len(pieces)
    for token in added:
        token.update(single_word=False, lstrip=False, rstrip=False)
        if token["id"] < 0:
            inside = token["content"] in pieces
            token["id"] = pieces.index(token["content"]) if inside else next_id
            next_id += 0 if inside else 1
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    prepend = {"type": "Prepend", "prepend": SPACE}
    split = None
    if rng.random() < 0.6:
        behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
        split = {"type": "Split", "pattern": {"String": rng.choice([SPACE, "a", " ", "ab", alphabet[0]])},
                 "behavior": rng.choice(behaviors), "invert": False}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {None: None, "replace": replace, "prepend": prepend,
                       "sequence": {"type": "Sequence", "normalizers": [prepend, replace]}}[normalise],
        "pre_tokenizer": split,
        "post_processor": None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": rng.random() < 0.5, "byte_fallback": fallback != "none",
            "ignore_merges": False, "vocab": {p: i for i, p in enumerate(pieces)},
            "merges": [list(m) if pairs else " ".join(m) for m in merges],
        },
    }, alphabet.replace(SPACE, SPACE + " ") + "x<bos>"


def variant_texts(rng, alphabet):
    letters = list(alphabet) + ["<bos>", "<unk>"]
    return ["".join(rng.choice(letters) for _ in range(rng.choice([3, 8, 20, 60]))) for _ in range(12)]


# ---- Output ----------------------------------------------------------------------------------------------------


def write(out, header, lines):
    versions = {n: importlib.metadata.version(n) for n in ("sentencepiece", "tokenizers")}
    with open(out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        for line in [dict(versions, **header), *lines]:
            packed.write(json.dumps(line, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")


def compact(text, ids):
    line = {"text": text}
    before = None
    for key, value in ids.items():
        if value != before:
            line[key] = before = value
    return line


def digest(pieces):
    return hashlib.sha256(b"".join(piece.encode() + b"\0" for piece in pieces)).hexdigest()


def make_texts(args):
    rng = random.Random(args.seed)
    proto = pb.ModelProto()
    with open(args.model, "rb") as file:
        proto.ParseFromString(file.read())
    model = Model(proto)
    with open(args.json, encoding="utf-8") as file:
        hugging_face = Json(json.load(file))
    lines = []
    for text in texts(rng, args.count):
        lines.append(compact(text, {
            "model": model.ids(text, False), "model_parse": model.ids(text, True),
            "json": hugging_face.ids(text, False), "json_parse": hugging_face.ids(text, True)}))
    encoded = len(lines)
    byte_ids = [next((i for i in [model.text.piece_to_id(f"<0x{v:02X}>")] if model.text.is_byte(i)), None)
                for v in range(256)]
    for ids in id_lists(rng, min(model.size, hugging_face.size), byte_ids, args.count // 4):
        lines.append({"ids": ids, "model_text": model.decode(ids), "json_text": hugging_face.decode(ids)})
    header = {"seed": args.seed, "texts": encoded, "decodes": len(lines) - encoded,
              "model_pieces": digest(piece.piece for piece in proto.pieces),
              "json_pieces": digest(map(hugging_face.parse.id_to_token, range(hugging_face.size)))}
    if args.changes_of:
        with gzip.open(args.changes_of, "rt", encoding="utf-8") as base:
            known = [json.loads(line) for line in base][1:]
        with open(args.json, "rb") as file:
            header["json_file"] = hashlib.sha256(file.read()).hexdigest()
        lines = [line for line, before in zip(lines, known, strict=True) if line != before]
    write(args.out, header, lines)


def make_variants(args):
    rng = random.Random(args.seed)
    lines = []
    for number in range(args.count):
        if number % 2 == 0:
            proto, alphabet = model_variant(rng)
            form, file, tokenizer = "model", base64.b64encode(proto.SerializeToString()).decode(), Model(proto)
        else:
            document, alphabet = json_variant(rng)
            form, file, tokenizer = "json", json.dumps(document, ensure_ascii=False), Json(document)
        cases = [compact(t, {"ids": tokenizer.ids(t, False), "parse": tokenizer.ids(t, True)})
                 for t in variant_texts(rng, alphabet)]
        lines.append({"form": form, "file": file, "cases": cases})
    write(args.out, {"seed": args.seed, "variants": len(lines)}, lines)


def make_model(args):
    """Types as Gemma's tokenizer.model has them: added tokens and the runs at the end are user-defined."""
    with open(args.json, encoding="utf-8") as file:
        document = json.load(file)
    pieces = {i: p for p, i in document["model"]["vocab"].items()}
    added = {t["id"] for t in document["added_tokens"]}
    bytes_at = {0x09: "<0x09>"}
    first_byte = document["model"]["vocab"]["<0x00>"]
    proto = pb.ModelProto()
    proto.trainer_spec.model_type = pb.TrainerSpec.BPE
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.bos_piece, proto.trainer_spec.eos_piece = "<bos>", "<eos>"
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.add_dummy_prefix = False
    proto.normalizer_spec.remove_extra_whitespaces = False
    first_normal = first_byte + 256
    for i in range(len(pieces)):
        piece = pieces[i]
        if first_byte <= i < first_normal:
            # The converter writes the byte 9 as the character that it is.
            proto.pieces.add(piece=bytes_at.get(i - first_byte, piece), score=0, type=Piece.BYTE)
        elif piece in CONTROL:
            proto.pieces.add(piece=piece, score=0, type=Piece.UNKNOWN if piece == "<unk>" else Piece.CONTROL)
        elif i in added or i >= 255968:
            proto.pieces.add(piece=piece, score=0, type=Piece.USER_DEFINED)
        else:
            proto.pieces.add(piece=piece, score=-float(i - first_normal), type=Piece.NORMAL)
    with open(args.out, "wb") as file:
        file.write(proto.SerializeToString())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["texts", "variants", "model-from-json"])
    parser.add_argument("--model")
    parser.add_argument("--json")
    parser.add_argument("--changes-of")
    parser.add_argument("--out", required=True)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    {"texts": make_texts, "variants": make_variants, "model-from-json": make_model}[args.what](args)


if __name__ == "__main__":
    main()
