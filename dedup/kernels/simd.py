"""Test and copy 64 bytes at a time: the few vector operations that Numba cannot make from a loop.

Each is one LLVM expression on ``<64 x i8>``, which the compiler cuts to the vector width of the machine.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import i8, types, u8
from numba.extending import intrinsic

BLOCK = 64

STOP, LINE = 8, 12
"""Bytes of a folded text for the end of a sentence and of a line: below a space, and the two lowest bits zero."""

ENDS, TAGS = b"\n\r", b"<>"
STOPS, LINES = b".!?", ENDS + TAGS  # a tag is as good as the end of a line

_LANES = ir.VectorType(ir.IntType(8), BLOCK)


def _all(value: int) -> Any:
    return ir.Constant(_LANES, [value] * BLOCK)


def _pointer(context: Any, builder: Any, array_type: Any, array: Any, offset: Any) -> Any:
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), _LANES.as_pointer())


def _one_of(builder: Any, block: Any, values: bytes) -> Any:
    found = builder.icmp_unsigned("==", block, _all(values[0]))
    for value in values[1:]:
        found = builder.or_(found, builder.icmp_unsigned("==", block, _all(value)))
    return found


def _everywhere(builder: Any, byte: Any) -> Any:
    one = builder.insert_element(ir.Constant(_LANES, ir.Undefined), byte, ir.Constant(ir.IntType(32), 0))
    first = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
    return builder.shuffle_vector(one, ir.Constant(_LANES, ir.Undefined), first)


def _load(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Load 64 bytes of the first array, from the position that follows it."""
    return builder.load(_pointer(context, builder, signature.args[0], args[0], args[1]), align=1)


def _store(context: Any, builder: Any, signature: Any, args: Any, block: Any) -> None:
    """Store 64 bytes in the second array (the third argument), from the position that follows it."""
    builder.store(block, _pointer(context, builder, signature.args[2], args[2], args[3]), align=1)


def _bits(builder: Any, flags: Any) -> Any:
    return builder.bitcast(flags, ir.IntType(64))


@intrinsic
def equal_to(typingctx: Any, source: Any, at: Any, value: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 has that value."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        return _bits(builder, builder.icmp_unsigned("==", block, _everywhere(builder, args[2])))

    return u8(source, i8, types.uint8), codegen


@intrinsic
def at_least(typingctx: Any, source: Any, at: Any, value: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 has that value or a greater one."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        return _bits(builder, builder.icmp_unsigned(">=", block, _everywhere(builder, args[2])))

    return u8(source, i8, types.uint8), codegen


@intrinsic
def fold_ascii(typingctx: Any, source: Any, at: Any, target: Any, to: Any) -> Any:  # pragma: no cover - compiler
    """Copy 64 bytes: ASCII letters in lower case, ends of sentences as STOP, of lines as LINE, all else as spaces.

    Returns a uint64 whose bit ``k`` says that byte ``k`` must be looked at: it is not ASCII, its copy is a space to be
    overwritten; or it is a hyphen at the end of a line, or the last byte and a hyphen.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        lower = builder.or_(block, _all(0x20))
        is_letter = builder.icmp_unsigned("<", builder.sub(lower, _all(ord("a"))), _all(26))
        is_digit = builder.icmp_unsigned("<", builder.sub(block, _all(ord("0"))), _all(10))
        is_stop, is_end = _one_of(builder, block, STOPS), _one_of(builder, block, ENDS)
        is_line = builder.or_(is_end, _one_of(builder, block, TAGS))
        other = builder.select(is_stop, _all(STOP), builder.select(is_line, _all(LINE), _all(0x20)))
        folded = builder.select(is_letter, lower, builder.select(is_digit, block, other))
        _store(context, builder, signature, args, folded)
        word = ir.IntType(64)
        ends = builder.or_(builder.lshr(_bits(builder, is_end), word(1)), word(1 << 63))
        hyphens = builder.and_(_bits(builder, _one_of(builder, block, b"-")), ends)
        return builder.or_(_bits(builder, builder.icmp_signed("<", block, _all(0))), hyphens)

    return u8(source, i8, target, i8), codegen


@intrinsic
def above_space(typingctx: Any, source: Any, at: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 is greater than a space."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        return _bits(builder, builder.icmp_unsigned(">", block, _all(0x20)))

    return u8(source, i8), codegen


def _ends_plain_json(builder: Any, block: Any) -> Any:
    """Flag quotes, backslashes and bytes below a space, where a run of plain bytes in a JSON string ends."""
    is_control = builder.icmp_unsigned("<", block, _all(0x20))
    return builder.or_(_one_of(builder, block, b'"\\'), is_control)


@intrinsic
def find_plain_json_end(typingctx: Any, source: Any, at: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 ends a run of plain bytes in a JSON string."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _bits(builder, _ends_plain_json(builder, _load(context, builder, signature, args)))

    return u8(source, i8), codegen


@intrinsic
def copy_plain_json(typingctx: Any, source: Any, at: Any, target: Any, to: Any) -> Any:  # pragma: no cover - compiler
    """Copy 64 bytes of JSON; return the bits of ``find_plain_json_end``."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        _store(context, builder, signature, args, block)
        return _bits(builder, _ends_plain_json(builder, block))

    return u8(source, i8, target, i8), codegen


def _may_be_markup(builder: Any, block: Any) -> Any:
    return _one_of(builder, block, b"<&\\")


@intrinsic
def find_markup(typingctx: Any, source: Any, at: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 may begin a tag, an entity or an escape."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _bits(builder, _may_be_markup(builder, _load(context, builder, signature, args)))

    return u8(source, i8), codegen


@intrinsic
def copy_markup(typingctx: Any, source: Any, at: Any, target: Any, to: Any) -> Any:  # pragma: no cover - compiler
    """Copy 64 bytes; return the bits of ``find_markup``."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        _store(context, builder, signature, args, block)
        return _bits(builder, _may_be_markup(builder, block))

    return u8(source, i8, target, i8), codegen


@intrinsic
def line_feeds(typingctx: Any, source: Any, at: Any) -> Any:  # pragma: no cover - compiler
    """Return a uint64 whose bit ``k`` says whether byte ``k`` of 64 is a line feed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        block = _load(context, builder, signature, args)
        return _bits(builder, builder.icmp_unsigned("==", block, _all(10)))

    return u8(source, i8), codegen


@intrinsic
def set_bits(typingctx: Any, bits: Any) -> Any:  # pragma: no cover - compiler
    """Return the number of set bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(u8), codegen


@intrinsic
def trailing_zeros(typingctx: Any, bits: Any) -> Any:  # pragma: no cover - compiler
    """Return the number of zero bits below the lowest set one, 64 if there is none."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(u8), codegen


@intrinsic
def prefetch(typingctx: Any, array: Any, at: Any) -> Any:  # pragma: no cover - compiler
    """Have the processor fetch ``array[at]``, which is read soon; this has no other effect."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        pointer = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, word, word, word])
        function = builder.module.declare_intrinsic("llvm.prefetch", [pointer.type], kind)
        builder.call(function, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, i8), codegen


@intrinsic
def borrowed(typingctx: Any, array: Any) -> Any:  # pragma: no cover - compiler
    """Return the array without counting its references, so that the caller must keep it alive.

    Counting is two atomic operations for each array that a function is given. Where functions are called for each key
    of a line of JSON, that is half of the time.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        made = context.make_array(signature.args[0])(context, builder, args[0])
        made.meminfo = ir.Constant(made.meminfo.type, None)
        made.parent = ir.Constant(made.parent.type, None)
        return made._getvalue()

    return array(array), codegen
