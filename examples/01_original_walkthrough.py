"""The original system, step by step: from number sequences to predictions, on one page.

Run: python examples/01_original_walkthrough.py   (about half a minute on one core)
"""

import torch

from seq2seq_transformer import (
    TASKS,
    Example,
    PositionalEncoding,
    SequenceCrossEntropy,
    Tokenizer,
    Transformer,
    create_pad_mask,
    fit,
    generate_random_data,
    get_tgt_mask,
    make_batches,
    predict,
    train_loop,
    validation_loop,
)

EPOCHS, EXAMPLES = 10, 4000


def main(epochs: int = EPOCHS, examples: int = EXAMPLES) -> float:
    """Train on zeros, ones, alternating and constant sequences; return the fraction of exact continuations."""
    torch.manual_seed(0)
    torch.set_num_threads(1)

    # 1. Data: the first part of a sequence is the source, its continuation the target.
    families = ("zeros", "ones", "alternating", "constant")
    train_data = generate_random_data(examples, families=families, seed=0)
    print("source", train_data[0].source, "target", train_data[0].target)

    # What is tested must not have been trained on: this sequence and its like never reach the training data.
    held_out = [example for example in generate_random_data(1000, families=families, seed=1) if _is_held_out(example)]
    train_data = [example for example in train_data if not _is_held_out(example)]

    # 2. Tokens: one symbol a number, and SOS, EOS and PAD around them; all sequences of a batch padded to one length.
    task = TASKS.build("patterns", families=families)
    tokenizer = Tokenizer(task.source, task.source)  # both are digits, any number of them
    sos, eos, pad = tokenizer.vocabulary.sos, tokenizer.vocabulary.eos, tokenizer.vocabulary.pad
    print(f"{len(tokenizer.vocabulary)} tokens, among them SOS {sos}, EOS {eos}, PAD {pad}")
    train_dataloader = make_batches(train_data, tokenizer, batch_size=32)
    val_dataloader = make_batches(held_out, tokenizer, batch_size=32)

    # 3. Masks: a target position sees no later one, and nobody sees padding. True means blocked.
    print(get_tgt_mask(4).int())
    print(create_pad_mask(train_dataloader[0].src[:2], pad).int())

    # 4. The model: embedding, PositionalEncoding (alone it would give each place its pattern of waves), blocks, output.
    print(PositionalEncoding(dim_model=4, dropout_p=0.0, max_len=3)(torch.zeros(1, 3, 4)))
    model = Transformer(
        num_tokens=len(tokenizer.vocabulary),
        dim_model=32,
        num_heads=4,
        num_encoder_layers=2,
        num_decoder_layers=2,
        dropout_p=0.0,
        pad_token=pad,
    )
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loss_fn = SequenceCrossEntropy(pad)

    # 5. Training: the decoder reads the target and must say it one position ahead; validation after each epoch.
    #    One epoch by hand, then `fit`, which does the same for the others.
    train_loss = train_loop(model, opt, loss_fn, train_dataloader)
    val_loss = validation_loop(model, loss_fn, val_dataloader)
    train_losses, val_losses = fit(model, opt, loss_fn, train_dataloader, val_dataloader, epochs - 1)
    history = zip([train_loss, *train_losses], [val_loss, *val_losses], strict=True)
    for epoch, (train_loss, val_loss) in enumerate(history, start=1):
        print(f"epoch {epoch:>2}   training loss {train_loss:.4f}   validation loss {val_loss:.4f}")

    # 6. Prediction: token by token until EOS, compared with the true continuation.
    correct = 0
    for number, (source, target) in enumerate(held_out[:100]):
        continuation = predict(model, source, tokenizer)
        correct += continuation == target
        if number < 12:
            print(f"input     {source}\npredicted {continuation}\ntrue      {target}\n")
    print(f"exact match {100 * correct / len(held_out[:100]):.1f} %")
    return correct / len(held_out[:100])


def _is_held_out(example: Example) -> bool:
    """Constant sequences of the digits 2 and 7 with an even number of terms: a rule anyone can check."""
    return set(example.source) in ({2}, {7}) and len(example.source) % 2 == 0


if __name__ == "__main__":
    main()
