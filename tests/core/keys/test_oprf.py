"""The vectors of RFC 9497, appendix A.1, and what a blind function must do with any input."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.keys import oprf
from core.keys import ristretto as group

h = bytes.fromhex
BLIND = h("64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706")
OTHER_BLIND = h("222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e")
KEYS = {
    oprf.OPRF: h("5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e"),
    oprf.VOPRF: h("e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909"),
}
PUBLIC = h("c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e")


@dataclass(frozen=True)
class Vector:
    """One line of a vector: mode, input, blind, blinded, evaluated, output."""

    mode: int
    data: bytes
    blind: bytes
    blinded: bytes
    evaluated: bytes
    output: bytes


A111 = Vector(
    oprf.OPRF, b"\0", BLIND,
    h("609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c"),
    h("7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e"),
    h("527759c3d9366f277d8c6020418d96bb393ba2afb20ff90df23fb7708264e2f3"
      "ab9135e3bd69955851de4b1f9fe8a0973396719b7912ba9ee8aa7d0b5e24bcf6"),
)  # fmt: skip
A112 = Vector(
    oprf.OPRF, b"\x5a" * 17, BLIND,
    h("da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"),
    h("b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25"),
    h("f4a74c9c592497375e796aa837e907b1a045d34306a749db9f34221f7e750cb4"
      "f2a6413a6bf6fa5e19ba6348eb673934a722a7ede2e7621306d18951e7cf2c73"),
)  # fmt: skip
A121 = Vector(
    oprf.VOPRF, b"\0", BLIND,
    h("863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"),
    h("aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"),
    h("b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7d"
      "a4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c"),
)  # fmt: skip
A122 = Vector(
    oprf.VOPRF, b"\x5a" * 17, BLIND,
    h("cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"),
    h("60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"),
    h("8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
      "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6"),
)  # fmt: skip
A123 = Vector(  # the second of its batch of two; the first is A121
    oprf.VOPRF, b"\x5a" * 17, OTHER_BLIND,
    h("90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654"),
    h("cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a"),
    A122.output,
)  # fmt: skip
# vectors proven together, the random scalar of the proof, the proof
PROOFS = [
    ([A121], OTHER_BLIND,
     h("ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd06"
       "6d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d")),
    ([A122], OTHER_BLIND,
     h("401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a"
       "67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02")),
    ([A121, A123], h("419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c"),
     h("cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a"
       "5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08")),
]  # fmt: skip


@pytest.mark.parametrize("vector", [A111, A112, A121, A122, A123])
def test_every_published_vector_is_met(vector: Vector) -> None:
    scalar, blinded = oprf.blind(vector.data, mode=vector.mode, by=vector.blind)
    evaluated = oprf.evaluate(KEYS[vector.mode], blinded)

    assert blinded == vector.blinded
    assert evaluated == vector.evaluated
    assert oprf.finalize(vector.data, scalar, evaluated) == vector.output


@pytest.mark.parametrize(("vectors", "scalar", "proof"), PROOFS)
def test_every_published_proof_is_met(vectors: list[Vector], scalar: bytes, proof: bytes) -> None:
    blinded, evaluated = [v.blinded for v in vectors], [v.evaluated for v in vectors]

    assert group.times(KEYS[oprf.VOPRF]) == PUBLIC
    assert oprf.prove(KEYS[oprf.VOPRF], blinded, evaluated, by=scalar) == proof
    assert oprf.is_proven(PUBLIC, blinded, evaluated, proof)


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=100))
def test_an_input_hides_behind_another_blind_each_time_and_comes_out_the_same(data: bytes) -> None:
    key = group.random_scalar()

    (one, hidden), (other, hidden_too) = oprf.blind(data), oprf.blind(data)

    assert hidden != hidden_too
    outputs = [
        oprf.finalize(data, scalar, oprf.evaluate(key, blinded))
        for scalar, blinded in ((one, hidden), (other, hidden_too))
    ]
    assert outputs[0] == outputs[1]


@settings(max_examples=25, deadline=None)
@given(flip=st.integers(0, 8 * oprf.PROOF_BYTES - 1))
def test_a_proof_with_one_changed_bit_proves_nothing(flip: int) -> None:
    [vectors, _, proof] = PROOFS[0]
    changed = (int.from_bytes(proof) ^ 1 << flip).to_bytes(oprf.PROOF_BYTES)

    assert not oprf.is_proven(PUBLIC, [vectors[0].blinded], [vectors[0].evaluated], changed)


def test_a_proof_is_for_one_key_and_one_answer() -> None:
    key, other = group.random_scalar(), group.random_scalar()
    _, blinded = oprf.blind(b"data")
    proof = oprf.prove(key, [blinded], [oprf.evaluate(key, blinded)])

    assert not oprf.is_proven(group.times(other), [blinded], [oprf.evaluate(key, blinded)], proof)
    assert not oprf.is_proven(group.times(key), [blinded], [oprf.evaluate(other, blinded)], proof)
    assert not oprf.is_proven(group.times(key), [blinded], [b"\xff" * 32], proof)
    assert not oprf.is_proven(group.times(key), [blinded], [bytes(32)], proof)
    assert not oprf.is_proven(group.times(key), [blinded], [blinded], b"short")


@pytest.mark.parametrize("element", [b"\xff" * 32, bytes(32), b"short"])
def test_what_is_no_element_is_not_evaluated(element: bytes) -> None:
    with pytest.raises(ValueError, match="not in the group"):
        oprf.evaluate(group.random_scalar(), element)
