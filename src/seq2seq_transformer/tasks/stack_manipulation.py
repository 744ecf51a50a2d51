"""Push and pop bits, and say what is left on the stack."""

from dataclasses import dataclass

import numpy as np

from seq2seq_transformer.tasks.base import TASKS, Task, require_difficulty
from seq2seq_transformer.tasks.recipes import Recipe, windows
from seq2seq_transformer.values import Example, Range, Symbol, Vector

_POP, _PUSH_0, _PUSH_1 = "pop", "push0", "push1"
_END = 2


@TASKS.register
@dataclass(frozen=True, kw_only=True)
class StackManipulation(Task):
    """What is left of a stack of bits after pushes and pops, from its top.

    In numbers: the source 0 1 1 0 push1 pop pop has the target 1 1 0 2: the stack is given from its bottom, its last
    bit on top; the answer begins at the top and ends with a 2, and of an empty stack nothing but the 2 is left.
    As tokens: one symbol a bit or action; a pop may take what was pushed just before or long ago, and one from an empty
    stack does nothing, so the actions have to be followed in order.
    It is Stack Manipulation of arXiv 2207.02098. The paper fills its answers up with zeros after the 2 and does not
    count these; here they are left out, so the tokens of the target are the ones that the paper counts.

    >>> source, target = StackManipulation(min_length=2).sample(np.random.default_rng(0))
    >>> stack = []
    >>> for term in source:
    ...     stack = stack[:-1] if term == "pop" else [*stack, int(term[-1])]
    >>> stack[::-1] + [2] == target
    True
    """

    difficulty = "length"

    min_length: int = 1
    """Fewest bits and actions in a source; a source of one term is a bit."""
    max_length: int = 40
    """Most bits and actions in a source; lengths are uniform."""

    def __post_init__(self) -> None:
        require_difficulty(self)

    @property
    def recipe(self) -> Recipe:
        """What is still on the stack, from the top."""
        return windows(["pair"], ["depth"], ["start"], training={"epochs": 5, "examples_per_epoch": 12_000})

    @property
    def source(self) -> Vector:
        """The stack from its bottom, then the actions."""
        return Vector(Symbol(("0", "1", _POP, _PUSH_0, _PUSH_1)))

    @property
    def target(self) -> Vector:
        """The stack from its top, then a 2."""
        return Vector(Range(0, 3))

    def sample(self, rng: np.random.Generator) -> Example:
        """Draw how much of the source is the stack (all splits with both parts are equally likely), and its terms."""
        length = int(rng.integers(self.min_length, self.max_length + 1))
        height = int(rng.integers(1, length)) if length > 1 else 1
        stack = rng.integers(0, 2, size=height).tolist()
        actions = [(_POP, _PUSH_0, _PUSH_1)[choice] for choice in rng.integers(0, 3, size=length - height).tolist()]
        source = [*map(str, stack), *actions]
        for action in actions:
            if action != _POP:
                stack.append(int(action == _PUSH_1))
            elif stack:
                stack.pop()
        return Example(source, [*reversed(stack), _END])
