"""The system learns: a batch by heart, and what was trained survives saving to the bit."""

import json

import torch

from seq2seq_transformer import (
    Predictor,
    SequenceCrossEntropy,
    Tokenizer,
    Transformer,
    fit,
    generate_random_data,
    make_batches,
    predict,
)
from seq2seq_transformer.experiment.run import start_run
from seq2seq_transformer.tasks.patterns import Patterns
from tests.conftest import tiny_experiment


def test_one_batch_is_learnt_by_heart():
    """Sixteen random continuations cannot be guessed: only a model that attends, masks and shifts rightly gets here."""
    task = Patterns(families=("periodic",), horizon=4)
    examples = generate_random_data(16, families=("periodic",), horizon=4)
    tokenizer = Tokenizer(task.source, task.target)
    model = Transformer(len(tokenizer.vocabulary), 32, 4, 1, 1, 0.0, pad_token=tokenizer.vocabulary.pad)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    batches = make_batches(examples, tokenizer, 16)
    losses, _ = fit(model, optimizer, SequenceCrossEntropy(tokenizer.vocabulary.pad), batches, batches, 150)
    assert losses[0] > 1.5
    assert losses[-1] < 0.05
    assert [predict(model, example.source, tokenizer) for example in examples] == [
        example.target for example in examples
    ]


def test_a_saved_model_gives_the_same_logits_to_the_bit(tmp_path):
    trained = start_run(tiny_experiment(), tmp_path / "run")
    loaded = Predictor.load(tmp_path / "run")
    src, tgt = torch.randint(0, 10, (4, 9)), torch.randint(0, 10, (4, 3))
    with torch.no_grad():
        assert torch.equal(loaded.engine.model(src, tgt), trained.engine.model(src, tgt))
    assert loaded.description.trained["steps"] == 40


def test_a_model_learns_a_handful_of_examples_by_heart(tmp_path):
    """With --training.overfit it is judged by the examples it was trained on."""
    options = {"overfit": 8, "epochs": 12, "learning_rate": 0.01}
    start_run(tiny_experiment(model={"dim_model": 32}, training=options), tmp_path / "run")
    records = [json.loads(line) for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert records[-1]["exact_match"] == 1.0
