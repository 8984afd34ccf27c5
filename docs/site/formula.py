"""From the docstrings' plain formulas to LaTeX: `dL/dx = g / sqrt(1 - x^2)` is typeset, words between stay words.

Docstrings are read in a terminal first, so their formulas are plain text. What they use is little: `x_ij`, `x_(i+1)`
and `x^2`; a product is written by putting its factors side by side, and what stands before a slash is the whole
product; `sum_i`, `sqrt(...)`, Greek letters by name; `dL/dx` is a partial derivative. A word of two letters or more
is a word, unless it names a parameter, a function, or something with an index: `divisor[i]`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_words = str.split

GREEK = {name: "\\" + name for name in _words("alpha beta gamma delta theta lambda mu pi rho sigma tau phi Phi Gamma")}
GREEK |= {"eps": r"\varepsilon", "epsilon": r"\varepsilon", "inf": r"\infty", "infinity": r"\infty"}
FUNCTIONS = {name: "\\" + name for name in _words("sin cos tan sinh cosh tanh ln log exp max min det arg")}
FUNCTIONS |= {"log2": r"\log_2", "log10": r"\log_{10}"}
FUNCTIONS |= {
    name: rf"\operatorname{{{name}}}"
    for name in _words(
        "asin acos atan asinh acosh atanh atan2 erf erfc sign softmax sigmoid relu clip floor ceil mean var digamma "
        "polygamma softplus tr rank dist"
    )
}
CALLED = tuple(FUNCTIONS.values())
LARGE = {"sum": r"\sum", "prod": r"\prod"}
NAMES = {"mean", "std", "variance", "var", "rms", "padding", "stride", "dilation", "offset", "index", "mod", "dX", "Vh"}
SIGNS = {
    "<=": r"\le", ">=": r"\ge", "!=": r"\ne", "->": r"\to", "<-": r"\leftarrow", "...": r"\dots", "…": r"\dots",
    "..": r"\dots", "*": r"\cdot", "·": r"\cdot", "~": r"\sim", "±": r"\pm", "×": r"\times", "%": r"\%", "&": r"\&",
    "//": "/\\!/", ":": r"\mathpunct{:}", "@": "@", "<<": r"\ll", ">>": r"\gg", "⊕": r"\oplus",
}  # fmt: skip
MINUS = "⁻"  # the sign of a power, which is no difference
OPENS, CLOSES = "([{", ")]}"

TOKEN = re.compile(
    r"""(?P<code>`[^`]*`|"[^"]*")
      | (?P<index>(?<=_)[A-Za-z0-9]+)
      | (?P<large>(?:sum|prod|max|min|mean)(?=_))
      | (?P<partial>d[A-Z](?=/d[A-Za-z]))
      | (?P<number>\d+\.\d+|\d+(?:,\d{3})*)
      | (?P<owner>[A-Za-z]+'s\b)
      | (?P<name>[A-Za-zµ][A-Za-z0-9]*(?:_[A-Za-z]{3,}[A-Za-z0-9]*)*(?:-[a-z]{2,})*'*)
      | (?P<sign>\.{3}|\.\.|//|<=|>=|!=|->|<-|\+=|<<|>>|[-+*/=<>|,;:.!?…·~±×%&@^_()\[\]{}§²'√])
      | (?P<other>\S)""",
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str  # "math", "word" or "group" (then `inner` holds what its brackets enclose)
    text: str
    before: str  # the white space that stands before it
    inner: tuple = ()
    close: str = ""


def segments(text: str, names=()) -> list[tuple[str, str]]:
    """Cut a formula into ("math", LaTeX) and ("text", words) and ("code", as it stands), in order.

    Args:
        names: the operator's parameters, which are not words.
    """
    return _merged(_cut(_nested(_tokens(text, {*names, *NAMES}))))


def to_latex(text: str, names=()) -> str:
    """Return a formula that holds no words as one piece of LaTeX."""
    return " ".join(latex for _, latex in segments(text, names))


# ---- reading


def _tokens(text, names):
    found = []
    matches = [*TOKEN.finditer(text)]
    for i, match in enumerate(matches):
        before = text[matches[i - 1].end() : match.start()] if i else ""
        kind, word = match.lastgroup, match[0]
        following = text[match.end() : match.end() + 1]
        if kind == "code":
            found.append(Token("code", word.strip("`"), before))
        elif word == "-" and found and found[-1].text == "^":
            found.append(Token("math", MINUS, ""))
        elif word == "^" and before:
            found.append(Token("math", "⊕", before))
        elif kind in ("number", "sign", "partial", "index", "large") or (
            kind == "name" and _is_symbol(word, following, text[match.end() :], found, names)
        ):
            found.append(Token("math", word, before))
        else:
            found.append(Token("word", word, before))
    return found


def _is_symbol(word, following, rest, found, names):
    """Whether a name stands for a quantity, not for itself."""
    next_word = re.match(r"\s+([A-Za-z]{2,})", rest)
    if word in LARGE or word in ("max", "min", "mean"):
        said = next_word and next_word[1] in ("of", "over", "is")
        return not said and not (found and found[-1].text == "the")
    if word == "a" and next_word and next_word[1] not in ("and", "or", "where", "is", "if", "else", *names):
        return bool(found) and found[-1].kind == "math" and found[-1].text != ","
    if found and found[-1].text == "the" and len(word) > 1:
        return False
    if len(found) > 1 and found[-1].text == "/" and re.fullmatch("d[A-Z]", found[-2].text):
        return True
    if len(word.rstrip("'")) == 1 or word in GREEK or word in FUNCTIONS or word in names or word == "sqrt":
        return True
    if found and found[-1].text in tuple("+-*/") and following in ("", ")", ","):
        return True
    if word.rstrip("0123456789") in GREEK:
        return True
    return bool(following and following in "[_^(") or bool(re.fullmatch(r"[A-Za-z]{1,2}\d+|d[a-z]|k[HW]", word))


def _nested(tokens):
    """Fold what stands between brackets into groups; half-open intervals close with the other bracket."""
    stack = [[]]
    for token in tokens:
        if token.kind == "math" and token.text in OPENS:
            stack.append([token])
        elif token.kind == "math" and token.text in CLOSES and len(stack) > 1:
            opening, *inner = stack.pop()
            if stack[-1] and not opening.before and stack[-1][-1].kind == "math":
                inner = _as_symbols(inner, whole=stack[-1][-1].text == "_")
            stack[-1].append(Token("group", opening.text, opening.before, tuple(inner), token.text))
        else:
            stack[-1].append(token)
    while len(stack) > 1:  # a bracket that nobody closed
        rest = stack.pop()
        stack[-1] += rest
    return stack[0]


def _as_symbols(inner, whole):
    """Make symbols of the words of an index, `sum_(j before i)`, and of the one word of an argument, `p(target)`."""
    if not whole and len(inner) > 1:
        return inner
    return [t._replace(kind="math") if t.kind == "word" else t for t in inner]


def _is_math(token):
    if token.kind == "group":
        return all(map(_is_math, token.inner))
    return token.kind == "math"


def _cut(tokens):
    """Yield (kind, text, white space before) for each run of mathematics and each word."""
    run = []

    def flush():
        while run and run[-1].text in (",", ";", ":", "."):  # belongs to the sentence
            tail.insert(0, run.pop())
        if len(run) == 1 and run[0].text in ("*", "/"):
            yield "text", run[0].text, run[0].before
        elif run:
            yield "math", _sum(run), run[0].before
        for token in tail:
            yield "text", token.text, token.before
        run.clear()
        tail.clear()

    tail: list[Token] = []
    for token in tokens:
        if _is_math(token) and not (token.text in (",", ";", ":", "?") and not run):
            run.append(token)
            if token.text == ";":
                yield from flush()  # here a line may be broken
            continue
        wide = run and token.before.startswith("  ")
        yield from flush()
        if token.kind == "group":
            yield "text", token.text, token.before
            yield from _cut(token.inner)
            yield "text", token.close, ""
        else:
            yield "code" if token.kind == "code" else "text", token.text, token.before or (" " if wide else "")
    yield from flush()


def _merged(pieces):
    merged: list[tuple[str, str]] = []
    for kind, text, before in pieces:
        space = " " if before else ""
        if merged and kind == "text" == merged[-1][0]:
            merged[-1] = ("text", merged[-1][1] + space + text)
        elif kind == "text":
            merged.append(("text", space + text))
        else:
            if space and merged and merged[-1][0] == "text":
                merged[-1] = ("text", merged[-1][1] + space)
            elif space and merged:
                merged.append(("text", space))
            merged.append((kind, text))
    return merged


# ---- writing

_BREAKS = {"+", "-", "=", "<", ">", ",", ";", ":", "+=", "..", ".", "|"} | {*SIGNS} - {"*", "…", "..."}


def _sum(tokens):
    """Write terms with signs between them."""
    out, term = [], []
    tokens = _with_bars([*tokens])
    for i, token in enumerate(tokens):
        if token.kind == "math" and token.text in _BREAKS:
            apart = token.text == "," and i + 1 < len(tokens) and tokens[i + 1].before.startswith("  ")
            out += [_product(term), SIGNS.get(token.text, token.text) + r"\quad" * apart]
            term = []
        else:
            term.append(token)
    out.append(_product(term))
    return " ".join(piece for piece in out if piece)


def _with_bars(tokens):
    """Fold |x| into groups."""
    out = []
    while tokens:
        token = tokens.pop(0)
        closing = next((i for i, t in enumerate(tokens) if t.kind == "math" and t.text == "|"), None)
        if token.kind == "math" and token.text == "|" and closing is not None:
            out.append(Token("group", "|", token.before, tuple(tokens[:closing]), "|"))
            del tokens[: closing + 1]
        else:
            out.append(token)
    return out


def _product(tokens):
    """Write factors side by side; a slash puts all of them over the next factor, a tight one (1/n) only the last."""
    tokens, factors = [*tokens], []
    while tokens:
        if tokens[0].kind == "math" and tokens[0].text == "/":
            slash = tokens.pop(0)
            if not factors or not tokens:
                factors.append(("/", None))
                continue
            first = 0 if slash.before else -1
            above, below = _unwrapped(factors[first:]), _unwrapped(_divisor(tokens))
            factors[first:] = [(rf"\frac{{{above}}}{{{below}}}", None)]
        else:
            factors.append(_factor(tokens))
    return _side_by_side(factors)


def _divisor(tokens):
    """Take what stands below a fraction's bar: the next factor, or a sum with all that is summed."""
    is_sum = tokens[0].text in LARGE
    factors = [_factor(tokens)]
    while is_sum and tokens and tokens[0].text != "/":
        factors.append(_factor(tokens))
    return factors


def _side_by_side(factors):
    written = ""
    for latex, _ in factors:
        apart = written and (latex.startswith(r"\mathrm") or written.rsplit("\\")[-1].startswith("mathrm"))
        called = written and latex.startswith(CALLED)
        written += (r"\; " if apart else r"\, " if called else " ") + latex
    return written.strip()


def _unwrapped(factors):
    """Write a product without the brackets that a fraction's bar makes needless."""
    if len(factors) == 1 and factors[0][1] is not None:
        return factors[0][1]
    return _side_by_side(factors)


def _factor(tokens):
    """Take a factor with its indices and powers; returns its LaTeX, and what a bare pair of brackets holds or None."""
    token = tokens.pop(0)
    inner = None
    text = token.text
    if token.kind == "group":
        inner = _sum(token.inner)
        latex = _bracketed(token, inner)
        inner = inner if token.text == "(" else None
    elif re.fullmatch("d[A-Z]", text) and len(tokens) > 1 and tokens[0].text == "/":
        tokens.pop(0)
        below = tokens.pop(0)
        below = Token("math", below.text[1:], "")
        tokens.insert(0, below)
        return rf"\frac{{\partial {text[1:]}}}{{\partial {_factor(tokens)[0]}}}", None
    elif text == "d" and len(tokens) > 1 and tokens[0].text == "/":
        tokens.pop(0)
        return rf"\frac{{d}}{{{_factor(tokens)[0]}}}", None
    elif text in ("sqrt", "√") and tokens:
        return _scripts(rf"\sqrt{{{_unwrapped([_factor(tokens)])}}}", tokens), None
    elif text in LARGE:
        return _scripts(LARGE[text], tokens), None
    elif text in FUNCTIONS:
        indexed = bool(tokens) and tokens[0].text == "_"  # mean_i goes before the whole product, as a sum does
        latex = _scripts(FUNCTIONS[text], tokens)
        following = tokens[0] if tokens and not indexed else None
        if following is not None and (following.kind == "group" or _is_operand(following)) and following.text != "[":
            latex += (" " if following.kind == "group" else r"\, ") + _factor(tokens)[0]
        return latex, None
    else:
        latex = _symbol(text)
    written = _scripts(latex, tokens)
    while tokens and tokens[0].kind == "group" and tokens[0].text in "[(" and not tokens[0].before:
        group = tokens.pop(0)
        written = _scripts(written + _bracketed(group, _sum(group.inner)), tokens)
    return written, inner if written == latex else None


def _is_operand(token):
    return token.kind == "math" and (token.text[0].isalnum() or token.text == "√")


def _bracketed(token, inner):
    opening, closing = ({"{": r"\{", "}": r"\}"}.get(b, b) for b in (token.text, token.close))
    if r"\frac" in inner or r"\sum" in inner or r"\prod" in inner:
        return rf"\left{opening} {inner} \right{closing}"
    return f"{opening}{inner}{closing}"


def _scripts(latex, tokens):
    """Write the index and the power that follow."""
    while tokens and tokens[0].kind == "math" and tokens[0].text in ("_", "^", "!", "²") and not tokens[0].before:
        mark = tokens.pop(0).text
        if mark in ("!", "²"):
            latex += {"!": "!", "²": "^{2}"}[mark]
        elif tokens:
            minus = ""
            if tokens[0].text == MINUS:
                minus, _ = "-", tokens.pop(0)
            token = tokens.pop(0)
            if token.kind == "group":
                script = _sum(token.inner)
            else:
                script = _index(token.text) if mark == "_" else _symbol(token.text)
                script = _scripts(script, tokens) if mark == "^" else script
            if mark == "_" and latex.endswith("}") and "_{" in latex:  # x1_i
                latex = f"{latex[:-1]}, {script}}}"
            else:
                base = f"{{{latex}}}" if "^" in latex else latex
                latex = f"{base}{mark}{{{minus}{script}}}"
    return latex


def _index(text):
    """Write an index: `ij` are two letters, `next` is a word."""
    return " ".join(text) if len(text) <= 2 and text.isalnum() and not text.isdigit() else _symbol(text)


def _symbol(text):
    if text in GREEK:
        return GREEK[text]
    if text in SIGNS:
        return SIGNS[text]
    bare = text.rstrip("'")
    if re.fullmatch("[A-Za-z]", bare) or not re.match("[A-Za-z]", text):
        return text
    numbered = re.fullmatch(r"([A-Za-z]+?)(\d+)", bare)
    if numbered and (len(numbered[1]) == 1 or numbered[1] in GREEK):
        return f"{_symbol(numbered[1])}_{{{numbered[2]}}}"
    return rf"\mathrm{{{bare}}}".replace("_", r"\_") + "'" * (len(text) - len(bare))
