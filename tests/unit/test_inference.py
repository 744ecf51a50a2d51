import math
import pickle
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from seq2seq_transformer import Predictor, Transformer, predict
from seq2seq_transformer.decoding.base import DECODING_STRATEGIES, Hypothesis
from seq2seq_transformer.decoding.greedy import Greedy
from seq2seq_transformer.errors import (
    ConfigError,
    DamagedError,
    FileError,
    InputError,
    RunError,
    Seq2SeqError,
    UnknownNameError,
)
from seq2seq_transformer.evaluation.evaluate import loss_of
from seq2seq_transformer.export.tracing import export_graphs
from seq2seq_transformer.inference.onnx_engine import OnnxEngine
from seq2seq_transformer.inference.prediction import compare
from seq2seq_transformer.inference.torch_engine import TorchEngine
from seq2seq_transformer.model.config import PositionsConfig, TokenRoles, TransformerConfig
from seq2seq_transformer.values import Example


@pytest.fixture(scope="module")
def predictor(finished_run):
    return Predictor.load(finished_run)


def test_one_and_many_give_the_same_answers_in_order(predictor):
    sources = [[digit] * length for digit in range(10) for length in (8, 12, 9)]
    together = predictor.predict_many(sources)
    assert [answer.source for answer in together] == sources
    for source, answer in zip(sources, together, strict=True):
        alone = predictor.predict(source)
        assert alone.prediction == answer.prediction
        assert alone.probability == pytest.approx(answer.probability, abs=1e-5)
        assert 0 < answer.probability <= 1
    assert predictor.predict_many([]) == []


def test_the_probability_is_that_of_the_tokens(predictor):
    answer = predictor.predict([3] * 8)
    example = Example(answer.source, answer.prediction)
    assert -loss_of(predictor, [example]) * (len(answer.tokens) + 1) == pytest.approx(
        math.log(answer.probability), abs=1e-5
    )


def test_the_function_of_the_original_says_the_same(predictor):
    source = [3] * 8
    answer = predict(predictor.engine.model, source, predictor.description.tokenizer)
    assert answer == predictor.predict(source).prediction


def test_the_function_of_the_original_needs_no_pad_token_and_refuses_what_is_no_number(predictor):
    config = replace(predictor.description.model, pad_token=None)
    model, tokenizer = Transformer.from_config(config), predictor.description.tokenizer
    assert len(predict(model, [3] * 8, tokenizer)) == 2
    with pytest.raises(ConfigError, match="^sequences of different lengths need a model that knows its `pad_token`"):
        TorchEngine.of_model(model).start([[1, 2], [1, 2, 3]])
    with torch.no_grad():
        model.embedding.weight.fill_(math.nan)
    with pytest.raises(Seq2SeqError, match="^the model's scores must be numbers, but are none"):
        predict(model, [3] * 8, tokenizer)


def test_threads_that_share_a_model_see_each_its_own_cross_attention(predictor):
    lengths = [8, 12, 16]
    alone = {n: predictor.predict_many([[3] * n] * 4, cross_attention=True)[0].cross_attention for n in lengths}

    def ask(place: int) -> bool:
        n = lengths[place % 3]
        answers = predictor.predict_many([[3] * n] * 4, cross_attention=place % 4 > 0)
        return place % 4 == 0 or all(np.allclose(each.cross_attention, alone[n], atol=1e-5) for each in answers)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(60)))


def test_the_function_of_the_original_refuses_an_answer_without_an_end(predictor):
    with pytest.raises(
        ConfigError, match="max_length` must be at least 3, the tokens of the shortest answer, but is 2 "
    ):
        predict(predictor.engine.model, [3] * 8, predictor.description.tokenizer, max_length=2)


def test_scores_of_a_batch_are_those_of_its_rows(predictor):
    tokenizer = predictor.description.tokenizer
    sources = [tokenizer.encode_source([digit] * (8 + digit)) for digit in range(4)]
    targets = [tokenizer.encode_target([digit, digit]) for digit in range(4)]
    together = predictor.engine.score(sources, targets)
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        assert together[row].shape == (3,)
        np.testing.assert_allclose(together[row], predictor.engine.score([source], [target])[0], atol=1e-5)


def test_a_wrong_source_is_named_by_its_place(predictor):
    with pytest.raises(InputError, match="^source 2 of 2: term 1 of 8: a term must be a whole number from 0 to 9"):
        predictor.predict_many([[1] * 8, [10] * 8])
    with pytest.raises(InputError, match="^term 1 of 8"):
        predictor.predict([10] * 8)


def test_an_answer_that_does_not_end_is_no_answer(finished_run):
    answer = Predictor.load(finished_run, max_length=2, constrained=False).predict([3] * 8)
    assert answer.prediction is None
    assert answer.problem == "the answer did not end within 2 tokens"


def test_an_answer_that_spells_nothing_is_no_answer(finished_run):
    class Stutter(Greedy):
        def decode(self, step, num_sources, *, sos, **_):
            return [Hypothesis((3, sos), -1.0, True)] * num_sources

    (answer,) = Predictor.load(finished_run, strategy=Stutter()).predict_many([[3] * 8])
    assert answer.prediction is None
    assert answer.problem == "the answer is malformed: token 1 must be another term, but is '<sos>' instead."
    assert list(compare([answer], [[3, 3]])) == [
        f"input        3 3 3 3 3 3 3 3\npredicted  ✗ {answer.problem}\ntrue         3 3\n"
    ]


def test_what_holds_no_model_is_refused(tmp_path, finished_run):
    with pytest.raises(RunError, match="^there must be a run or model in the folder .*nowhere, but there is no such"):
        Predictor.load(tmp_path / "nowhere")
    with pytest.raises(RunError, match=r"^there must be a trained model in .*, but it holds neither model\.json nor"):
        Predictor.load(tmp_path)
    shutil.copy(finished_run / "model.safetensors", tmp_path)
    with pytest.raises(FileError, match=r"model\.json is missing: without it the weights beside it cannot be used\.$"):
        Predictor.load(tmp_path)
    shutil.copy(finished_run / "model.json", tmp_path)
    assert Predictor.load(tmp_path).predict([3] * 8).prediction is not None
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(DamagedError, match=r"model\.safetensors is missing or cannot be read: No such file"):
        Predictor.load(tmp_path)


def test_an_unfinished_run_answers_with_its_newest_good_checkpoint(tmp_path, finished_run):
    run = tmp_path / "run"
    shutil.copytree(finished_run, run)
    (run / "model.json").unlink()
    predictor = Predictor.load(run)
    assert predictor.note == "this run is not finished: the checkpoint step-000000020 answers"
    assert predictor.predict([3] * 8).tokens[0] == 3
    (run / "checkpoints" / "step-000000020" / "model.safetensors").write_bytes(b"")
    with pytest.raises(DamagedError, match="must have the size"):
        Predictor.load(run)


def test_unknown_engines_and_devices_are_refused(finished_run):
    with pytest.raises(UnknownNameError, match="^there is no engine 'toch'. Did you mean 'torch'"):
        Predictor.load(finished_run, engine="toch")
    with pytest.raises(ConfigError, match="^--device must be one that this machine has, but is 'abacus' instead"):
        Predictor.load(finished_run, device="abacus")


SOURCES = [[digit] * length for digit in range(10) for length in (8, 12)]


def test_an_answer_says_how_sure_each_token_is_and_what_else_could_have_been_said(predictor):
    answer = predictor.predict([3] * 8, alternatives=4)
    assert len(answer.token_probabilities) == len(answer.alternatives) == len(answer.tokens) + 1
    assert math.prod(answer.token_probabilities) == pytest.approx(answer.probability)
    assert answer.log_probability == pytest.approx(math.log(answer.probability))
    for told, token, probability in zip(
        answer.alternatives, ["3", "3", "<eos>"], answer.token_probabilities, strict=True
    ):
        assert len(told) == 4
        assert told[0] == (token, pytest.approx(probability, abs=1e-5)), "greedy says the likeliest"
    assert predictor.predict([3] * 8).alternatives == ()


def test_cross_attention_is_told_on_request_without_the_padding_of_others(predictor):
    answers = predictor.predict_many([[3] * 8, [1] * 12], cross_attention=True)
    assert [answer.cross_attention.shape for answer in answers] == [(1, 2, 3, 10), (1, 2, 3, 14)]
    for answer in answers:
        np.testing.assert_allclose(answer.cross_attention.sum(axis=-1), 1, atol=1e-5)
    assert predictor.predict([3] * 8).cross_attention is None


def test_an_engine_that_cannot_tell_its_cross_attention_says_so(predictor):
    other = Predictor(object(), predictor.description)
    with pytest.raises(ConfigError, match="^this engine cannot tell its cross-attention; the engine 'torch' can.$"):
        other.predict([3] * 8, cross_attention=True)


def test_no_answer_fits_a_limit_below_the_shortest(finished_run):
    with pytest.raises(
        ConfigError, match="^`decoding.max_length` must be at least 3, the tokens of the shortest answer"
    ):
        Predictor.load(finished_run, max_length=2).predict([3] * 8)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("beam", {"width": 3, "n_best": 3}),
        ("sampling", {"temperature": 1.5}),
        ("best_of", {"n": 3, "temperature": 1.5}),
    ],
)
def test_every_strategy_answers_one_as_many_and_says_the_models_own_probability(finished_run, name, options):
    predictor = Predictor.load(finished_run, strategy=DECODING_STRATEGIES.build(name, **options))
    together = predictor.predict_many(SOURCES)
    for index, (source, answer) in enumerate(zip(SOURCES, together, strict=True)):
        (alone,) = predictor.predict_many([source], indices=[index])
        assert [each.tokens for each in (alone, *alone.others)] == [each.tokens for each in (answer, *answer.others)]
        assert len(answer.others) == (0 if name == "sampling" else 2)
        for each in (answer, *answer.others):
            loss = loss_of(predictor, [Example(source, each.prediction)]) * (len(each.tokens) + 1)
            assert -loss == pytest.approx(each.log_probability, abs=1e-4)


def test_of_several_draws_one_that_is_verified_is_given(finished_run):
    strategy = DECODING_STRATEGIES.build("best_of", n=16, temperature=3)
    picky = Predictor.load(finished_run, strategy=strategy, verifier=lambda source, answer: answer[0] != source[0])
    verdicts = [[each.verdict for each in (answer, *answer.others)] for answer in picky.predict_many(SOURCES)]
    assert all(row == sorted(row, reverse=True) and len(row) == 16 for row in verdicts)
    assert sum(row[0] for row in verdicts) > sum(row[1] for row in verdicts) / 2
    plain = Predictor.load(finished_run, strategy=strategy).predict_many(SOURCES)
    for answer in plain:
        assert answer.verdict is None
        assert answer.probability >= max(other.probability for other in answer.others)


def test_only_some_fields_can_be_changed_after_training(finished_run):
    with pytest.raises(
        ConfigError, match="can be changed after training, but not dim_model, on which the weights depend"
    ):
        Predictor.load(finished_run, knobs={"dim_model": 8})
    wrong = {"encoder_loops": 2.5, "decoder_loops": True, "temperature": "hot"}
    with pytest.raises(ConfigError) as refused:
        Predictor.load(finished_run, knobs=wrong)
    assert [str(problem).partition(",")[0] for problem in refused.value.problems] == [
        "`encoder_loops` must be a whole number", "`decoder_loops` must be a whole number",
        "`temperature` must be a number",
    ]  # fmt: skip
    Predictor.load(finished_run, knobs={"encoder_loops": np.int64(2), "temperature": 1})


def test_of_an_answer_that_was_cut_off_no_more_is_told_than_was_decoded(finished_run):
    predictor = Predictor.load(finished_run, max_length=2, constrained=False)
    answer = predictor.predict([3] * 8, alternatives=2, cross_attention=True)
    assert answer.problem == "the answer did not end within 2 tokens"
    assert len(answer.tokens) == len(answer.token_log_probabilities) == len(answer.alternatives) == 2
    assert answer.cross_attention.shape[2] == 2


def test_what_is_asked_for_must_fit(predictor):
    with pytest.raises(InputError, match="^`indices` must be one for each of 2 sources, but are 1 instead.$"):
        predictor.predict_many([[3] * 8, [4] * 8], indices=[0])
    for indices in ([0, -1], [0, 1.5], ["a", "b"], 5):
        with pytest.raises(InputError, match="^`indices` must be whole numbers, 0 or more, but are "):
            predictor.predict_many([[3] * 8, [4] * 8], indices=indices)
    for sources in (None, 5, np.array(3)):
        with pytest.raises(InputError, match="^sources must be a list, one after another, but are "):
            predictor.predict_many(sources)
    with pytest.raises(InputError, match="^a sequence must be a list, but is b'123' instead.$"):
        predictor.predict(b"123")
    for alternatives in (-1, 1.5, "2", None):
        with pytest.raises(ConfigError, match="^`alternatives` must be a whole number from 0 to 1000000000, but is "):
            predictor.predict([3] * 8, alternatives=alternatives)


@pytest.mark.parametrize("given", [{"threads": -1}, {"threads": 5000}, {"max_length": 2.5}, {"max_length": 2**63}])
def test_what_a_predictor_is_made_with_must_fit(finished_run, given):
    (name,) = given
    with pytest.raises(ConfigError, match=f"^`{name}` must be a whole number from 0 to "):
        Predictor.load(finished_run, **given)


def test_a_fault_of_the_callers_own_is_not_taken_for_another(predictor):
    def faulty():
        yield [3] * 8
        len(5)

    with pytest.raises(TypeError, match="has no len"):
        predictor.predict_many(faulty())


def test_a_strategy_may_be_named(finished_run):
    assert Predictor.load(finished_run, strategy=None).predict([3] * 8).prediction == [3, 3]
    assert Predictor.load(finished_run, strategy="beam").predict([3] * 8).prediction == [3, 3]
    with pytest.raises(UnknownNameError):
        Predictor.load(finished_run, strategy="bean")
    with pytest.raises(
        ConfigError, match="^`strategy` must be a DecodingStrategy or the name of one, but is 3 instead"
    ):
        Predictor.load(finished_run, strategy=3)


def test_without_a_grammar_no_answer_holds_padding_and_scores_are_those_of_a_single_pass(finished_run):
    hot = DECODING_STRATEGIES.build("sampling", temperature=50.0)
    predictor = Predictor.load(finished_run, strategy=hot, constrained=False, max_length=6)
    vocabulary = predictor.description.tokenizer.vocabulary
    sources = [[digit] * length for digit in range(10) for length in range(8, 16)]
    answers = predictor.predict_many(sources)
    assert not {vocabulary.sos, vocabulary.pad} & {token for answer in answers for token in answer.tokens}
    encoded = [predictor.description.tokenizer.encode_source(source) for source in sources]
    ended = [len(answer.token_log_probabilities) > len(answer.tokens) for answer in answers]
    said = [
        [vocabulary.sos, *answer.tokens, *[vocabulary.eos] * end] for answer, end in zip(answers, ended, strict=True)
    ]
    for answer, scores in zip(answers, predictor.engine.score(encoded, said), strict=True):
        np.testing.assert_allclose(answer.token_log_probabilities, scores, atol=1e-4)


def test_scores_that_are_no_numbers_are_no_answer(finished_run):
    predictor = Predictor.load(finished_run, engine="torch")
    with torch.no_grad():
        predictor.engine.model.embedding.weight.fill_(math.nan)
    answer = Predictor(TorchEngine.of_model(predictor.engine.model), predictor.description).predict([3] * 8)
    assert (answer.prediction, answer.probability, answer.problem) == (None, 0.0, "the model's scores are no numbers")


def test_a_verifier_is_not_asked_about_what_is_no_answer(finished_run):
    options = {"strategy": DECODING_STRATEGIES.build("best_of", n=4), "constrained": False, "max_length": 1}
    predictor = Predictor.load(finished_run, **options, verifier=lambda source, answer: answer[0] > 0)
    answer = predictor.predict([3] * 8)
    assert [each.verdict for each in (answer, *answer.others) if each.problem] == [False] * 4


def test_numbers_of_sources_may_be_an_array(predictor):
    drawing = Predictor(
        predictor.engine, predictor.description, strategy=DECODING_STRATEGIES.build("sampling", temperature=9)
    )
    sources = [[3] * 8] * 20
    by_list, by_array = (drawing.predict_many(sources, indices=kind(range(20, 40))) for kind in (list, np.array))
    assert by_array == by_list != drawing.predict_many(sources)


@pytest.mark.parametrize(
    ("engine", "limit"),
    [("torch", "held._MOST_SCORES"), ("onnx", "held._MOST_SCORES"), ("onnx", "onnx_engine._TOKENS")],
)
def test_sources_encoded_in_parts_have_the_answers_of_all_at_once(finished_run, monkeypatch, engine, limit):
    predictor = Predictor.load(*[finished_run] * (engine == "torch"))  # the model in the package is an exported one
    examples = [Example([digit, 0] * 5, [digit, 0] * (1 if engine == "torch" else 4)) for digit in range(10)]
    sources = [source for source, _ in examples]
    whole, loss = predictor.predict_many(sources), loss_of(predictor, examples)
    monkeypatch.setattr(f"seq2seq_transformer.inference.{limit}", 1000 if limit.startswith("held") else 30)
    parts = predictor.predict_many(sources)
    assert [each.tokens for each in parts] == [each.tokens for each in whole]
    assert [each.probability for each in parts] == pytest.approx([each.probability for each in whole], abs=1e-5)
    assert loss_of(predictor, examples) == pytest.approx(loss, abs=1e-5)


@pytest.mark.parametrize("engine", ["torch", "onnx"])
def test_rows_that_have_ended_use_up_no_learned_positions(engine):
    """Beside numbers of one digit, a row that had ended counted on as one long number."""
    none, learned = PositionsConfig(name="none"), PositionsConfig(name="learned", channels=("digit", "occurrence"))
    roles = TokenRoles(tokens="ddd,sss", source_least_first=True, target_least_first=True)
    positions = {"encoder": none, "cross": none, "decoder": learned}
    sizes = {"dim_model": 16, "num_heads": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "max_len": 8}
    config = TransformerConfig(num_tokens=7, pad_token=6, roles=roles, positions=positions, **sizes)
    model = Transformer.from_config(config).eval()
    runs = TorchEngine.of_model(model) if engine == "torch" else OnnxEngine.of_graphs(config, export_graphs(model), 1)
    said = [4, 1, 3, 2, 3, 0, 3, 2, 3, 1, 3, 0, 3]
    alone, beside = runs.start([[4, 0, 1, 5]] * 15), runs.start([[4, 0, 1, 5]] * 16)
    for place, token in enumerate(said):
        expected, found = alone(np.full(15, token)), beside(np.full(15 + (place == 0), token))
        np.testing.assert_allclose(found[-15:], expected, atol=1e-4)
        if place == 0:
            beside.select(np.arange(1, 16))


def test_a_loaded_predictor_can_be_pickled(finished_run, tmp_path, monkeypatch):
    monkeypatch.chdir(finished_run.parent)
    predictor = Predictor.load(finished_run.name, strategy="beam", constrained=False)
    predictor.max_length = 9
    pickled = pickle.dumps(predictor)
    monkeypatch.chdir(tmp_path)
    again = pickle.loads(pickled)
    assert (again.max_length, again.constrained, type(again.strategy)) == (9, False, type(predictor.strategy))
    assert again.predict([3] * 8) == predictor.predict([3] * 8)


def test_a_predictor_around_an_engine_cannot_be_pickled(predictor):
    with pytest.raises(TypeError, match=r"Predictor\.load"):
        pickle.dumps(Predictor(predictor.engine, predictor.description))
