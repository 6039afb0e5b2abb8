"""FLOAT32.md in exact fractions: every rounding is one call of r(). Prints float32_vectors.txt.

Needs nothing but Python 3. Independent of the Java code; the numbers are the contract.
"""

import random
from fractions import Fraction

INF = float("inf")


def r(v):
    """The binary32 nearest to a fraction, ties to even, as a fraction; overflow is an error."""
    if v == 0:
        return Fraction(0)
    sign, v = (-1, -v) if v < 0 else (1, v)
    e = v.numerator.bit_length() - v.denominator.bit_length()
    if Fraction(2) ** e > v:
        e -= 1
    quantum = Fraction(2) ** (max(e, -126) - 23)
    n, rest = divmod(v, quantum)
    if rest * 2 > quantum or rest * 2 == quantum and n % 2:
        n += 1
    v = n * quantum
    assert v < Fraction(2) ** 128, "overflow"
    return sign * v


def c(text):
    return Fraction(*float.fromhex(text).as_integer_ratio())


def fma(a, b, s):
    return r(a * b + s)


def bits(v):
    """The bits of a binary32 given as a fraction (zeros are +0)."""
    if v == 0:
        return 0
    sign, v = (0x80000000, -v) if v < 0 else (0, v)
    e = v.numerator.bit_length() - v.denominator.bit_length()
    if Fraction(2) ** e > v:
        e -= 1
    if e < -126:
        return sign | int(v / Fraction(2) ** -149)
    return sign | (e + 127) << 23 | int(v / Fraction(2) ** (e - 23)) - (1 << 23)


def of_bits(b):
    e, f = b >> 23 & 0xFF, b & 0x7FFFFF
    v = Fraction(f, 1) * Fraction(2) ** -149 if e == 0 else Fraction(f + (1 << 23)) * Fraction(2) ** (e - 150)
    return -v if b >> 31 else v


R, LOG2E = c("0x1.8p23"), c("0x1.715476p0")
L1, L2 = c("0x1.63p-1"), c("-0x1.bd0106p-13")
A1, A2 = c("0x1.988454p0"), c("-0x1.857936p-25")
B1, B2 = c("0x1.2444f2p-4"), c("0x1.49b16ap-29")


def expm1(x):
    p = fma(c("0x1.6a2446p-10"), x, c("0x1.1239e2p-7"))
    p = fma(p, x, c("0x1.5558f2p-5"))
    p = fma(p, x, c("0x1.555492p-3"))
    p = fma(p, x, c("0x1.fffffcp-2"))
    return fma(r(x * x), p, x)


def split(t):
    e = bits(t) - bits(R)
    return Fraction(2) ** (e >> 1), Fraction(2) ** (e - (e >> 1))


def exp(x):
    x = max(min(x, Fraction(89)), Fraction(-104))
    t = fma(x, LOG2E, R)
    n = r(t - R)
    y = fma(n, -L2, fma(n, -L1, x))
    s1, s2 = split(t)
    return r(r(r(1 + expm1(y)) * s1) * s2)


def tanh(x):
    a = abs(x)
    if a < Fraction(5, 8):
        z = r(a * a)
        q = fma(c("-0x1.75ddc8p-8"), z, c("0x1.5225bep-6"))
        q = fma(q, z, c("-0x1.b83c3ap-5"))
        q = fma(q, z, c("0x1.110726p-3"))
        q = fma(q, z, c("-0x1.555532p-2"))
        y = fma(r(a * z), q, a)
    elif a > 44:  # exp(a + a) is infinite: 1 - 2 / infinity
        y = Fraction(1)
    else:
        y = r(1 - r(2 / r(exp(r(a + a)) + 1)))
    return -y if x < 0 else y


def gelu(x):
    a = min(abs(x), Fraction(12))
    s = r(a * a)
    s2 = fma(a, a, -s)
    p = r(B1 * s)
    p2 = r(fma(B1, s, -p) + fma(B1, s2, r(B2 * s)))
    m = r(A1 + p)
    d = r(m - A1)
    m2 = r(r(r(A1 - r(m - d)) + r(p - d)) + r(p2 + A2))
    hi = r(a * m)
    lo = r(fma(a, m, -hi) + r(a * m2))
    t = fma(-hi, LOG2E, R)
    n = r(t - R)
    y = r(fma(n, -L2, fma(n, -L1, -hi)) - lo)
    w = r(1 + expm1(y))
    s1, s2 = split(t)
    d = r(1 + r(r(w * s1) * s2))
    if x < 0:
        return r(r(r(r(-a / d) * w) * s1) * s2)
    return r(x / d)


def root(v):
    """The binary32 nearest to a square root: exact by comparing squares of midpoints."""
    guess = r(Fraction(*(float(v) ** 0.5).as_integer_ratio()))
    step = Fraction(2) ** -24
    for candidate in (guess, r(guess * (1 + step * 2)), r(guess * (1 - step * 2))):
        b = bits(candidate)
        below, above = (of_bits(b - 1) + candidate) / 2, (of_bits(b + 1) + candidate) / 2
        if below * below <= v <= above * above:
            return candidate
    raise AssertionError(v)


def total(s):
    s = list(s)
    for h in (8, 4, 2, 1):
        for l in range(h):
            s[l] = r(s[l] + s[l + h])
    return s[0]


def dot(a, b):
    s = [Fraction(0)] * 16
    for k, (x, y) in enumerate(zip(a, b)):
        s[k % 16] = fma(x, y, s[k % 16])
    return total(s)


def softmax(row, first):
    m = max(row)
    e = [exp(r(x - m)) for x in row]
    s = [Fraction(0)] * 16
    for j, x in enumerate(e):
        s[(first + j) % 16] = r(s[(first + j) % 16] + x)
    return [r(x / total(s)) for x in e]


def normalize(x, eps):
    f = r(1 / root(r(r(dot(x, x) / len(x)) + eps)))
    return [r(v * f) for v in x]


def words(values):
    return " ".join("%08x" % bits(v) for v in values)


def floats(rng, count, spread):
    return [r(Fraction(*(rng.gauss(0, 1) * 2.0 ** rng.uniform(-spread, spread)).as_integer_ratio())) for _ in range(count)]


def main():
    rng = random.Random(20)
    for name, function, least, most in (
        ("exp", exp, -104, 88),
        ("tanh", tanh, -20, 20),
        ("gelu", gelu, -13, 13),
    ):
        inputs = [rng.uniform(least, most) for _ in range(150)]
        inputs += [rng.gauss(0, 1) * 2.0 ** rng.uniform(-40, 2) for _ in range(150)]
        for x in inputs:
            x = r(Fraction(*x.as_integer_ratio()))
            print(name, words([x]), words([function(x)]))
    for n in (1, 2, 15, 16, 17, 31, 100, 256):
        a, b = floats(rng, n, 4), floats(rng, n, 4)
        print("dot", words(a), ":", words(b), ":", words([dot(a, b)]))
        print("normalize", words(a), ":", words(normalize(a, r(Fraction(1, 10**6)))))
        first = rng.randrange(40)
        row = floats(rng, n, 3)
        print("softmax", first, words(row), ":", words(softmax(row, first)))


if __name__ == "__main__":
    main()
