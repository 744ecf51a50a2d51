"""What can be asked of a trained model beside its answer.

Run: seq2seq train patterns --run runs/p
     python examples/03_decoding.py runs/p
"""

import sys

from seq2seq_transformer import DECODING_STRATEGIES, Predictor
from seq2seq_transformer.values import to_text

STRATEGIES = {
    "greedy": ("greedy", {}),
    "beam": ("beam", {"width": 4, "n_best": 3}),
    "drawn": ("sampling", {"temperature": 1.2, "seed": 1}),
    "best of 8": ("best_of", {"n": 8, "temperature": 1.2}),
}


def main(run: str) -> None:
    """Ask the model of a run, trained on `patterns`, in every way."""
    source = [1, 0, 0, 1, 0, 0, 1, 0, 0]
    for name, (strategy, options) in STRATEGIES.items():
        predictor = Predictor.load(
            run, strategy=DECODING_STRATEGIES.build(strategy, **options), verifier=looks_periodic
        )
        answer = predictor.predict(source)
        assert answer.prediction is not None, "within the grammar there is always an answer"
        verdict = {True: "accepted", False: "not accepted", None: "not judged"}[answer.verdict]
        others = f", and {len(answer.others)} other answers" if answer.others else ""
        print(f"{name} says {to_text(answer.prediction)}: probability {answer.probability:.3f}, {verdict}{others}")

    answer = Predictor.load(run).predict(source, alternatives=3, cross_attention=True)
    weights = answer.cross_attention
    assert weights is not None
    for place, told in enumerate(answer.alternatives):
        choices = ", ".join(f"{symbol} {probability:.3f}" for symbol, probability in told)
        most = weights[-1, :, place].mean(axis=0).argmax() - 1  # −1 is SOS
        print(f"token {place}: {choices}; the last layer looks at term {most} of the source most")


def looks_periodic(source: list[int], answer: list[int] | None) -> bool:
    """A verifier of one's own: whether an answer goes on with period three."""
    return answer is not None and answer == [
        source[place % 3] for place in range(len(source), len(source) + len(answer))
    ]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python examples/03_decoding.py RUN")
    main(sys.argv[1])
