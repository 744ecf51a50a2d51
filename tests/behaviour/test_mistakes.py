"""The catalogue of mistakes: each gives one clear screen and its exit code, and leaves every file as it was."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

MISTAKES = {
    "unknown verb": (["trian"], "there is no verb 'trian'. Did you mean 'train'?"),
    "unknown task": (["train", "paterns"], "there is no task 'paterns'. Did you mean 'patterns'? Known: "),
    "no task": (["train"], "a task must be named, but none is. Type, for example: seq2seq train patterns"),
    "unknown option": (["train", "patterns", "--training.epohcs", "3"], "Did you mean 'epochs'?"),
    "unknown section": (["train", "patterns", "--trainig.epochs", "3"], "there is no section 'trainig'. Did you mean"),
    "unknown global option": (["train", "patterns", "--rnu", "x"], 'Unknown option: --rnu. Did you mean --run?'),
    "option of another verb": (["predict", "run", "1", "--training.epochs=1"], "has options in model, decoding, threads, device only."),
    "an option that would do nothing": (["predict", "run", "1", "--seed=1"], "has options in model, decoding, threads, device only."),
    "mistyped seed": (["train", "patterns", "--seeed=1"], 'Unknown option: --seeed. Did you mean --seed?'),
    "sections where there are none": (["list", "tasks", "--seed=1"], "`seq2seq list` has no option --seed."),
    "wrong type": (["train", "patterns", "--training.epochs", "ten"], "must be a whole number, but is 'ten' instead."),
    "missing value": (["train", "patterns", "--training.epochs"], "`training.epochs` must be a whole number, but is missing."),
    "wrong choice": (["train", "patterns", "--training.optimizer=adan"], "must be one of sgd, adam, adamw, muon, but is 'adan'"),
    "wrong number": (["generate", "patterns", "-n", "many"], "many"),
    "negative number": (["generate", "patterns", "-n", "-1"], "-n must be 0 or more, but is -1 instead."),
    "missing number": (["generate", "patterns"], "-n requires an argument."),
    "contradiction": (["train", "patterns", "--task.min_length=20"], "`max_length` must be at least `min_length` (20)"),
    "task option": (["train", "patterns", "--task.families=nines"], "`families` must be one or more of zeros, ones,"),
    "unknown encoding": (["train", "patterns", "--encoding.name=roman"], "there is no number encoding 'roman'."),
    "unknown positions": (["train", "patterns", "--model.positions=gps"], "there is no positional encoding 'gps'."),
    "no process": (["train", "patterns", "--processes=-1"], "`processes` must be from 0 to 4096, but is -1 instead."),
    "compiling in several processes": (["train", "patterns", "--processes=2", "--training.compile=true"], "--training.compile: must be false with several `processes`, but is true instead."),
    "compiling in processes still open": (["train", "patterns", "--processes=0", "--training.compile=true"], "--training.compile: must be false with several `processes`, but is true instead."),
    "processes of a verb that has none": (["predict", "run", "1", "--processes=2"], "has options in model, decoding, threads, device only."),
    "unknown device": (["train", "patterns", "--device=abacus"], "--device must be one that this machine has"),
    "unknown kind": (["list", "tsaks"], "tsaks"),
    "unknown shell": (["--completion", "tcsh"], "there is no completion for the shell 'tcsh'."),
    "too many words": (["evaluate", "run", "more"], "too many words: more. Quote what belongs together"),
    "forgotten quotes": (["predict", "run", "1", "0", "1"], 'too many words: 0 1. Quote what belongs together, such as "1'),
    "a file for an input": (["predict", "run", "file.txt"], "the input must be numbers, but file.txt is a file."),
    "a negative input": (["predict", "run", "-1 2"], "term 1 of 2: a term must be a whole number from 0 to 9, but is -1"),
    "a period of one": (["train", "patterns", "--task.max_period=1"], "`max_period` must be at least `min_period` (2), but is 1 instead."),
    "a seed without end": (["train", "patterns", "--seed", "9" * 30], "`seed` must be from 0 to 9223372036854775807"),
    "a name where there is none": (["train", "patterns", "--training.name=x"], "there is no option of [training] 'name'."),
    "nothing to hold out": (["train", "patterns", "--task.families=zeros,ones"], "to hold any out: ones (9), zeros (9)."),
    "output with a long name": (["generate", "patterns", "-n", "1", "-o", "x" * 300], "File name too long"),
    "a run that has changed": (["evaluate", "edited"], "edited/config.toml must be as it was when the training began"),
    "resume a run that has changed": (["train", "--resume", "edited"], "edited/config.toml must be as it was when the"),
    "run that exists": (["train", "patterns", "--run", "run"], "run must be a new folder, but exists already. Go on with it: "
                        "seq2seq train --resume run, or choose another name: --run run-2"),
    "run under a file": (["train", "patterns", "--run", "file.txt/run"], "file.txt takes no files. Choose another folder with --run."),
    "run in /proc": (["train", "patterns", "--run", "/proc/nowhere/run"], "Choose another folder with --run."),
    "run with a long name": (["train", "patterns", "--run", "x" * 300], "File name too long. Choose another folder"),
    "resume nothing": (["train", "--resume", "nowhere"], "nowhere must be a run to resume, but holds no config.toml."),
    "resume with options": (["train", "--resume", "run", "--seed=1"], "no task or option can stand beside it."),
    "config that is missing": (["train", "--config", "none.toml"], "none.toml must be a configuration file, but cannot"),
    "config that is empty": (["train", "--config", "empty"], "empty must hold an experiment, but is empty."),
    "config that is binary": (["train", "--config", "binary"], "binary must be a TOML file, but is not: 'utf-8' codec"),
    "config that is cut off": (["train", "--config", "cut.toml"], "cut.toml must be a TOML file, but is not: "),
    "config that is a folder": (["train", "--config", "run"], "run must be a configuration file, but cannot be read: Is a"),
    "config with a wrong key": (["train", "--config", "wrong.toml"], "wrong.toml [model] dim_modle: there is no option of"),
    "config that cannot be read": (["train", "--config", "secret.toml"], "Permission denied"),
    "evaluate nothing": (["evaluate", "nowhere"], "nowhere must be a run, but holds no config.toml. Make one: "),
    "evaluate a run without a model": (["evaluate", "begun"], "there must be a trained model in begun, but it holds neither"),
    "predict from nothing": (["predict", "nowhere", "1 0"], "there must be a run or model in the folder nowhere, but"),
    "what the bundled model cannot read": (["predict", "17 25"], "term 1 of 2: a term must be a whole number from 0 to 9, but is 17 instead."),
    "predict from a file": (["predict", "file.txt", "1 0"], "must be a run or model in the folder file.txt, but that is a"),
    "predict from a model without weights": (["predict", "weightless", "1 0"], "model.safetensors is missing or cannot be"),
    "predict from a damaged model": (["predict", "damaged", "1 0"], "damaged/model.safetensors must have the sha256 "),
    "predict from a cut off model": (["predict", "shortened", "1 0"], "shortened/model.safetensors must have the size "),
    "predict from a damaged description": (["predict", "scribbled", "1 0"], "scribbled/model.json must describe a trained"),
    "a token outside the vocabulary": (["predict", "run", "1 12"], "term 2 of 2: a term must be a whole number from 0 to 9"),
    "a word that is no number": (["predict", "run", "1 one"], "term 2 of 2: a term must be a whole number from 0 to 9, but is 'one'"),
    "a number without end": (["predict", "run", "9" * 5000], "a whole number must have at most 4000 digits, but one has 5000"),
    "an empty input": (["predict", "run", ""], 'an input must hold at least one number, such as "1 0 1 0", but is empty'),
    "output that exists": (["generate", "patterns", "-n", "1", "-o", "file.txt"], "-o must name a new file, but file.txt"),
    "a task and a file": (["train", "gcd", "--data.train=data.jsonl"], "a task and --data.train exclude each other: a model"),
    "a file that is missing": (["train", "--data.train=none.jsonl"], "none.jsonl must be a file of examples, but cannot be"),
    "a file with a long name": (["train", "--data.train=" + "x" * 256], "must be a file of examples, but cannot be read: File name too long."),
    "convert a file with a long name": (["convert", "x" * 256], "must be a file of examples, but cannot be read: File name too long."),
    "a folder for a file": (["train", "--data.train=run"], "run must be a file of examples, but cannot be read: Is a"),
    "an empty file": (["train", "--data.train=empty"], "empty must hold examples, but is empty."),
    "a file of no format": (["train", "--data.train=file.txt"], "file.txt cannot be told from its first line; name it: "),
    "an unknown format": (["train", "--data.train=data.jsonl", "--data.format=xml"], "must be one of auto, jsonl, csv, tsv,"),
    "types that are none": (["train", "--data.train=data.jsonl", "--data.types=int"], "types must read like `int[2]:int`, "),
    "types of another file": (["train", "--data.train=data.jsonl", "--data.types=int:int"], "data.jsonl:1:12: the source: a"),
    "a fraction above one": (["train", "--data.train=data.jsonl", "--data.validation=2"], "`data.validation` must be a file, "),
    "no file to validate on": (["train", "--data.train=data.jsonl", "--data.validation=none"], "none must be a file of"),
    "nothing to validate on": (["train", "--data.train=data.jsonl", "--data.validation=0.0001"], "must leave examples to"),
    "a wrong base": (["train", "--data.train=data.jsonl", "--data.base=1"], "`data.base` must be 0 or from 2 to 10^9, but is 1"),
    "a minus of another kind": (["convert", "minus.csv"], "minus.csv:2:5: the target: a minus must be the hyphen -, but is the character − (U+2212) in '−3'."),
    "names of columns alone": (["convert", "names.csv"], "names.csv must hold examples, but holds the names of columns alone."),
    "columns that are not there": (["convert", "data.csv", "--data.columns=a:b"], "data.csv:1:1: the first line must name "
                                   'the columns a and b once, but has source, target. Say which are source and target: --da'),
    "a packed file that is cut off": (["convert", "cut.gz"], "cut.gz must be a file of examples, but cannot be read: "),
    "faulty lines": (["convert", "faulty.jsonl"], "faulty.jsonl:2:1: a line must be a JSON object, but is not: Expecting"),
    "a word for an error": (["convert", "data.jsonl", "--data.on_error=ignore"], "must be one of stop, skip, but is 'ignore'"),
    "convert nothing": (["convert", "none.txt"], "none.txt must be a file of examples, but cannot be read: No such file"),
    "convert a folder": (["convert", "run"], "run must be a file of examples, but cannot be read: Is a directory."),
    "convert over a file": (["convert", "data.jsonl", "-o", "data.csv"], "-o must name a new file, but data.csv exists"),
    "floats in integers": (["generate", "dot_product", "-n", "1", "--format=int2int"], "the format int2int cannot hold (float"),
    "an unknown output format": (["generate", "gcd", "-n", "1", "--format=xml"], "xml"),
    "a file of no task": (["train", "none.py:Task"], "none.py must be a Python file with a task, but there is no such file."),
    "a file with no task in it": (["train", "empty.py:Task"], "empty.py must define a class derived from Task, but defines"),
    "a class that is not there": (["train", "good.py:Goood"], "there is no task in good.py 'Goood'. Did you mean 'Good'? "),
    "a task file that fails": (["train", "failing.py:Task"], "failing.py:2 must be a Python file with a task, but fails: Z"),
    "a task file that is no Python": (["train", "syntax.py:Task"], "syntax.py:1 must be a Python file with a task, but fails:"),
    "a task file of no class": (["train", "good.py"], "there is no task in good.py ''. Known: Good."),
    "encodings in a file": (["list", "encodings", "good.py"], "only tasks can be listed from a file. Type: seq2seq list "),
    "an encoding that cannot": (["train", "gcd", "--encoding.name=symbolic"], "the number encoding 'symbolic' cannot spell"),
    "an unknown target encoding": (["train", "gcd", "--encoding.target.name=digit"], "--encoding.target.name: there is no "),
    "base one": (["train", "gcd", "--encoding.base=1"], "`encoding.base` must be from 2 to 100000, but is 1 instead."),
    "no primes": (["train", "gcd", "--encoding.name=residues", "--encoding.primes=4,6"], "`encoding.primes` must be different"),
    "an option of another encoding": (["train", "gcd", "--encoding.primes=2,3"], "there is no option of [encoding] 'primes'."),
    "exponents beyond floats": (["train", "dot_product", "--encoding.max_exponent=999"], "`encoding.max_exponent` must be from"),
    "digits for floats": (["train", "dot_product", "--encoding.name=digits"], "the number encoding 'digits' cannot spell the"),
    "a difficulty that is none": (["evaluate", "run", "--evaluation.lengths=1,x"], "must be whole numbers separated by commas"),
    "a difficulty that cannot be": (["evaluate", "run", "--evaluation.lengths=1"], "`min_length` must be at least 2, to show"),
    "a test file that is missing": (["evaluate", "run", "--data.test=none"], "none must be a file of examples, but cannot be"),
    "a test file of another type": (["evaluate", "run", "--data.test=data.jsonl"], "data.jsonl:11:12: the source: term 1 of 2:"),
    "another task to test": (["evaluate", "run", "--task.name=copy"], "`task.name` cannot be changed: run was trained on one"),
    "an option that its task has not": (["evaluate", "run", "--task.max_digits=3"], "there is no option of [task] 'max_digits'"),
    "a test file that is missing from the start": (["train", "--data.train=data.jsonl", "--data.test=none"], "none must be a f"),
    "a test file to train on": (["evaluate", "run", "--data.train=data.jsonl"], "an evaluation does not train, so there can"),
    "how to read no file": (["evaluate", "run", "--data.format=csv"], "options of [data] are about a test file, but none is"),
    "a task's option for a file": (["train", "--data.train=data.jsonl", "--task.max_digits=3"], "so there can be no options of"),
    "a wrong base to write": (["generate", "gcd", "-n", "1", "--format=int2int", "--base=1"], "the base of a format must be 0 or"),
    "tasks of no Python file": (["list", "tasks", "data.csv"], "data.csv must be a Python file with a task, such as my_task.py"),
    "a width without end": (["train", "gcd", "--encoding.width=100000000"], "`encoding.width` must be from 0 to 10000, and base"),
    "a prime without end": (["train", "gcd", "--encoding.name=residues", "--encoding.primes=999999999999999989"], "`encoding.primes`"),
    "a sample that is no number": (["generate", "wrong.py:Wrong", "-n", "1"], "Wrong.sample gave ('one', 1), but a term must be a"),
    "answers over a file": (["evaluate", "run", "-o", "file.txt"], "-o must name a new file, but file.txt exists already;"),
    "operands that cannot be": (["generate", "gcd", "-n", "1", "--task.max_operand=0"], "`max_operand` must be from 1 to 2^53"),
    "unknown channel": (["train", "copy", "--model.positions.cross.channels=strat"], "there is no channel 'strat'. Did you mean 'start'?"),
    "channels that heads cannot share": (["train", "copy", "--model.num_heads=2"], "`num_heads` must be a multiple of the channels of an attention (4)"),
    "places of digits from the wrong end": (["train", "addition", "--encoding.target.order=most"], "the channel `digit` needs answers whose least significant digit comes first"),
    "options of positions to be chosen": (["train", "lcm", "--model.positions.window=3"], "where positions are chosen (auto), they have no options."),
    "an option of other positions": (["train", "copy", "--model.positions=rotary", "--model.positions.window=3"], "there is no option of [model.positions] 'window'."),
    "windows for other channels": (["train", "copy", "--model.positions.cross.window=1,2"], "`positions.window` must have one value, or one for each channel (4)"),
    "positions that do not exist": (["train", "copy", "--model.positions=rotery"], "Did you mean 'rotary'?"),
    "complements from the wrong end": (["train", "subtraction", "--encoding.target.order=most"], '`encoding.order` must be "least" where `encoding.sign` is "complement"'),
    "loops that cannot be": (["train", "copy", "--model.encoder_loops=0"], "`encoder_loops` must be at least 1, but is 0 instead."),
    "loops at a length that cannot be": (["train", "copy", "--model.loops_at=1"], "`loops_at` must be 0, or 2 or more, but is 1 instead."),
    "a mixture of other types": (["train", "mixture", "--task.tasks=copy,addition"], "`tasks` must be of one type of source and one of target, but are: copy range(0,10)[]:range(0,10)[], addition int[2]:int."),
    "a mixture of a task that is not there": (["train", "mixture", "--task.tasks=copi"], "there is no task 'copi'. Did you mean 'copy'?"),
    "further files without a first": (["train", "--data.more=a.jsonl"], "`data.more` must be empty without `data.train`, but is ('a.jsonl',) instead."),
    "weights of files that are too few": (["train", "--data.train=a", "--data.more=b", "--data.weights=3"], "`data.weights` must be finite numbers above 0, one for `data.train` and each of `data.more`, or none, but is (3.0,) instead."),
    "the same examples beside a curriculum": (["train", "addition", "--training.curriculum=success", "--training.overfit=9"], "--training.overfit: the same examples again cannot grow harder as `training.curriculum` 'success' has it. Add: --training.curriculum uniform"),
    "examples seen again beside a curriculum": (["train", "addition", "--training.curriculum=steps", "--training.repeat=9"], "--training.repeat: the same examples again cannot grow harder"),
    "columns of no file": (["train", "copy", "--data.columns=a:b", "--data.base=9"], "--data.base: this is about a file, but none is named. Add: --data.train or --data.test\nseq2seq: --data.columns: this is"),
    "a folder of runs": (["predict", "several", "1"], "it holds neither model.json nor a checkpoint. Name one of those inside, such as several/seed-0"),
    "a curriculum without a difficulty": (["train", "gcd", "--training.curriculum=steps"], "--training.curriculum: nothing here can grow; a curriculum needs a task with a difficulty."),
    "a threshold that no success can reach": (["train", "copy", "--training.curriculum=success", "--training.curriculum_threshold=1.5"], "`training.curriculum_threshold` must be above 0 and at most 1, but is 1.5 instead."),
    "a curriculum that never grows": (["train", "copy", "--training.curriculum=success", "--training.curriculum_growth=1"], "`training.curriculum_growth` must be above 1 and at most 100, but is 1.0 instead."),
    "a curriculum that begins beyond the end": (["train", "copy", "--training.curriculum=steps", "--training.curriculum_start=50"], "--training.curriculum_start: must be 0, or between 1 and"),
    "seeds that are no numbers": (["train", "copy", "--seeds=0,x"], "--seeds must be different whole numbers with commas, such as 0,1,2, but is '0,x' instead."),
    "a seed twice": (["train", "copy", "--seeds=1,1"], "--seeds must be different whole numbers"),
    "too few checkpoints": (["train", "copy", "--training.keep_last=1"], "`training.keep_last` must be at least 2, but is 1 instead."),
    "an average of everything": (["train", "copy", "--training.ema=1"], "`training.ema` must be at least 0 and below 1, but is 1.0 instead."),
    "a batch in no part": (["train", "copy", "--training.accumulate=0"], "`training.accumulate` must be at least 1, but is 0 instead."),
    "a figure that is none": (["train", "copy", "--training.metric=exact"], "`training.metric` must be one of exact_match, validation_loss, train_loss, but is 'exact' instead. Did you mean 'exact_match'?"),
    "a share of nothing": (["train", "copy", "--training.repeat_share=0"], "`training.repeat_share` must be above 0 and at most 1, but is 0.0 instead."),
    "a temperature of nothing": (["train", "copy", "--model.temperature=0"], "`temperature` must be a finite number, 0.000001 or more, but is 0.0 instead."),
    "an activation that does not exist": (["train", "copy", "--model.activation=gelo"], "must be one of relu, gelu, swiglu, but is 'gelo'"),
    "another size after training": (["evaluate", "run", "--model.dim_model=8"], "after training, only decoder_loops, encoder_loops, log_length, loops_at, temperature can be changed."),
    "other positions after training": (["predict", "run", "3 3", "--model.positions=rotary"], "--model.positions: after training, only"),
    "a period below the shortest": (["generate", "patterns", "-n", "1", "--task.min_period=5"], "`max_period` must be at least `min_period` (5), but is 4 instead."),
    "digits that cannot be": (["generate", "addition", "-n", "1", "--task.max_digits=9999"], "`max_digits` must be at most 4000"),
    "a width of no beam": (["predict", "run", "3 3", "--decoding.name=beam", "--decoding.width=0"], "`decoding.width` must be from 1 to 10000, but is 0 instead."),
    "a beam without end": (["predict", "run", "3 3", "--decoding.name=beam", "--decoding.width=1000000000"], "`decoding.width` must be from 1 to 10000, but is"),
    "more answers than the beam has": (["predict", "run", "3 3", "--decoding.name=beam", "--decoding.n_best=9"], "`decoding.n_best` must be from 1 to `decoding.width` (4), but is 9 instead."),
    "a penalty below nothing": (["evaluate", "run", "--decoding.name=beam", "--decoding.length_penalty=-1"], "`decoding.length_penalty` must be at least 0 and below 100, but is -1.0 instead."),
    "a draw colder than cold": (["predict", "run", "3 3", "--decoding.name=sampling", "--decoding.temperature=-1"], "`decoding.temperature` must be a finite number, 0 or more, but is -1.0 instead."),
    "a draw among fewer than none": (["predict", "run", "3 3", "--decoding.name=sampling", "--decoding.top_k=-1"], "`decoding.top_k` must be 0 or more, but is -1 instead."),
    "a draw among nothing": (["predict", "run", "3 3", "--decoding.name=sampling", "--decoding.top_p=0"], "`decoding.top_p` must be above 0 and at most 1, but is 0.0 instead."),
    "a share above all": (["predict", "run", "3 3", "--decoding.name=sampling", "--decoding.min_p=2"], "`decoding.min_p` must be from 0 to 1, but is 2.0 instead."),
    "a seed below zero": (["predict", "run", "3 3", "--decoding.name=sampling", "--decoding.seed=-1"], "`decoding.seed` must be 0 or more, but is -1 instead."),
    "the best of none": (["predict", "run", "3 3", "--decoding.name=best_of", "--decoding.n=0"], "`decoding.n` must be from 1 to 10000, but is 0 instead."),
    "an unknown strategy": (["evaluate", "run", "--decoding.name=baem"], "there is no decoding strategy 'baem'. Did you mean 'beam'? Known: beam, best_of, greedy, sampling."),
    "a grammar that is neither": (["predict", "run", "3 3", "--decoding.grammar=yes"], "`decoding.grammar` must be one of auto, on, off, but is 'yes' instead."),
    "no room for an answer": (["predict", "run", "3 3", "--decoding.max_length=2"], "`decoding.max_length` must be at least 3, the tokens of the shortest answer, but is 2 instead."),
    "no room for an answer to count": (["evaluate", "run", "--decoding.max_length=2", "--decoding.grammar=on"], "`decoding.max_length` must be at least 3, the tokens"),
    "fewer alternatives than none": (["predict", "run", "3 3", "--alternatives=-1"], "--alternatives must be 0 or more, but is -1 instead."),
    "a confidence above one": (["evaluate", "run", "--evaluation.confidence=90"], "`evaluation.confidence` must be from 0 to 1, but is 90.0 instead."),
    "bins below none": (["evaluate", "run", "--evaluation.bins=-1"], "`evaluation.bins` must be 0 or more, but is -1 instead."),
    "an engine that does not exist": (["predict", "run", "3 3", "--engine=onx"], "there is no engine 'onx'. Did you mean 'onnx'? Known: onnx, torch."),
    "an engine for exported models": (["predict", "run", "3 3", "--engine=onnx"], "the engine onnx needs an exported model. Export the run: seq2seq export RUN"),
    "an export over a folder": (["export", "run", "-o", "damaged"], "-o must name a new folder, but damaged exists already; it is left as it was."),
    "an export of nothing": (["export", "nowhere"], "there must be a run or model in the folder nowhere, but there is no such folder."),
    "an export of what is no run": (["export", "weightless", "-o", "new"], "model.safetensors is missing or cannot be read"),
    "an export under a file": (["export", "run", "-o", "file.txt/new"], "-o must name a new folder, but file.txt/new cannot be one: file.txt cannot be written to as a folder."),
    "an export of another size": (["export", "run", "--model.dim_model=8"], "after training, only decoder_loops, encoder_loops,"),
    "a file to validate on beside a task": (["train", "patterns", "--data.validation=data.jsonl"], "`data.validation` goes with `data.train`, and must be left alone without, but is 'data.jsonl' instead."),
    "a file in UTF-16": (["train", "--data.train=wide.txt"], "wide.txt must be UTF-8 text, but is UTF-16 instead. Convert it: iconv -f UTF-16 -t UTF-8 "),
    "a script for a task": (["train", "script.py:Task"], "script.py:1 must be a Python file with a task, but fails: SystemExit: 0."),
    "a target in per cent": (["train", "patterns", "--training.target=95"], "`training.target` must be at most 1, the exact match of all, but is 95.0"),
    "an option of a task that is not mixed": (["train", "mixture", "--task.tasks=copy,reverse", "--task.options=sort.min_length=3"], "must be of one of `tasks` (copy, reverse), but one is 'sort.min_length=3'."),
    "resume a folder without a configuration": (["train", "--resume", "damaged"], "damaged must be a run to resume, but holds a model alone. Name the run that it came from."),
    "resume what is no folder yet": (["train", "--resume", "nowhere"], "nowhere must be a run to resume, but holds no config.toml. Make one: seq2seq train TASK --run nowhere"),
    "resume a file of a run": (["train", "--resume", "run/config.toml"], "run/config.toml must be a run to resume, but is a file of one. Name its folder: run"),
    "resume a folder of runs": (["train", "--resume", "runs"], "runs must be a run to resume, but holds runs. Name one of them, such as runs/seed-0"),
    "predict from a damaged run": (["predict", "flipped", "1 0"], "Have it made again: seq2seq train --resume flipped"),
    "an option of another strategy": (["predict", "run", "1 0", "--decoding.width=3"], "--decoding.width: this is an option of beam, but the decoding strategy is greedy. Add: --decoding.name beam"),
    "an option of another task": (["train", "patterns", "--task.max_operand=9"], "--task.max_operand: this is an option of gcd, but the task is patterns.\n"),
    "a draw of a damaged export": (["predict", "cut", "1 0", "--decoding.name=best_of"], "cut/model.json must describe a trained"),
    "an export where nothing can be": (["export", "run", "-o", "/proc/new"], "-o must name a new folder, but /proc/new cannot be one"),
    "alternatives without a place": (["predict", "run", "1 0", "--alternatives=2"], "--alternatives are told in JSON. Add: --format json"),
    "a name that is no UTF-8": (["train", "--data.train", os.fsdecode(b"data\xff.jsonl"), "--run", "new"], "the name of a file must be UTF-8, as a configuration is, but is not: train = "),
    "a number that no file has": (["train", "--config=huge.toml"], "huge.toml must be a TOML file, but is not: Exceeds the limit (4300 digits)"),
    "a file without a bottom": (["train", "--config=deep.toml"], "deep.toml must be a TOML file, but is not: "),
    "parts without end": (["train", "copy", "--training.accumulate=9223372036854775808"], "`training.accumulate` must be below 10¹²"),
    "epochs too long": (["train", "copy", f"--training.examples_per_epoch={10**21}"], "`training.examples_per_epoch` must be below 10¹²"),
    "a layer too wide": (["train", "copy", f"--model.dim_feedforward={10**30}"], "`dim_feedforward` must be at most 100000000"),
    "loops without end": (["train", "copy", "--model.more_loops=1e300"], "`more_loops` must be from 0 to 100"),
    "too many examples": (["train", "copy", "--training.repeat=1000000000000000000"], "`training.repeat` must be below 10¹²"),
    "too long": (["train", "copy", "--model.max_len=9223372036854775808"], "`max_len` must be at most 100000000"),
    "a limit beyond all": (["predict", "run", "3 3", "--decoding.max_length=9223372036854775808"], "`decoding.max_length` must be from 0 to 1000000000"),
    "a temperature that makes numbers no numbers": (["predict", "run", "3 3", "--model.temperature=1e-39"], "`temperature` must be a finite number, 0.000001 or more"),
    "a run with a name too long": (["train", "--resume", "x" * 256], "must be a run to resume, but cannot be read: File name too long."),
    "a model with a name too long": (["predict", "x" * 256, "1 2"], "but that cannot be read: File name too long."),
    "the root": (["train", "copy", "--run=/"], "/ must be a new folder, but exists already."),
    "a link to nowhere": (["train", "copy", "--run=nowhere"], "nowhere must be a new folder, but exists already."),
    "the only task, and not finished": (["train", "alone.py:Half"], "alone.py: Half must define target, but does not."),
    "a task that is not finished": (["train", "unfinished.py:Half"], "unfinished.py: Half must define target, but does not."),
    "half an example": (["generate", "patterns", "-n", "1.5"], "Invalid value for -n: it must be a whole number, but is '1.5' instead."),
    "a number in another base": (["generate", "patterns", "-n", "0x10"], "Invalid value for -n: it must be a whole number, but is '0x10' instead."),
    "a quantization that does not exist": (["export", "run", "--quantize=int4"], 'Invalid value "int4" for --quantize. Choose from: "no", "int8".'),
    "output in no folder": (["generate", "patterns", "-n", "1", "-o", "no/x"], "-o must name a file that can be written"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, finished_run, monkeypatch):
    """A folder with one of everything a mistake can meet, as the current one."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(finished_run, "run")
    for name in ("damaged", "shortened", "scribbled", "weightless"):
        Path(name).mkdir()
        for file in ("model.json", "model.safetensors"):
            shutil.copy(finished_run / file, name)
    Path("begun").mkdir()
    shutil.copy(finished_run / "config.toml", "begun")
    weights = bytearray(Path("damaged/model.safetensors").read_bytes())
    weights[-5] ^= 4
    Path("damaged/model.safetensors").write_bytes(weights)
    Path("shortened/model.safetensors").write_bytes(weights[:-5])
    Path("scribbled/model.json").write_text(Path("run/model.json").read_text().replace("patterns", "pattern"))
    Path("weightless/model.safetensors").unlink()
    shutil.copytree(finished_run, "flipped")
    Path("flipped/model.safetensors").write_bytes(weights)
    Path("cut").mkdir()
    Path("cut/model.json").write_text(Path("run/model.json").read_text()[:99])
    shutil.copytree(finished_run, "several/seed-0")
    shutil.copytree(finished_run, "edited")
    config = Path("edited/config.toml")
    config.write_text(config.read_text().replace("horizon = 2", "horizon = 3"))
    Path("file.txt").write_text("precious")
    Path("empty").touch()
    Path("binary").write_bytes(bytes(range(256)))
    Path("cut.toml").write_text('seed = 1\n[task]\nname = "patt')
    Path("wrong.toml").write_text('[task]\nname = "patterns"\n[model]\ndim_modle = 1\n')
    Path("secret.toml").write_text("")
    Path("data.jsonl").write_text("".join(f'{{"source": [{n}, 7], "target": {n % 3}}}\n' for n in range(60)))
    Path("faulty.jsonl").write_text('{"source": 1, "target": 2}\nnonsense\n')
    Path("names.csv").write_text("source,target\n")
    Path("minus.csv").write_text("source,target\n1 2,−3\n3 1,2\n")
    Path("data.csv").write_text("source,target\n1 2,3\n")
    Path("cut.gz").write_bytes(gzip.compress(bytes(range(256)) * 99)[:-30])
    Path("wide.txt").write_text("1 2\t3\n", encoding="utf-16")
    Path(os.fsdecode(b"data\xff.jsonl")).write_bytes(Path("data.jsonl").read_bytes())
    Path("huge.toml").write_text(f"[training]\nepochs = {'9' * 5000}\n")
    Path("deep.toml").write_text(f"seed = {'[' * 5000}{']' * 5000}\n")
    Path("nowhere").symlink_to("nothing")
    for seed in ("seed-0", "seed-1"):
        Path("runs", seed).mkdir(parents=True)
        shutil.copy(finished_run / "config.toml", Path("runs", seed))
    Path("empty.py").touch()
    Path("script.py").write_text("raise SystemExit(0)\n")
    Path("failing.py").write_text("x = 1\n1 / 0\n")
    Path("wrong.py").write_text(
        "from seq2seq_transformer import Task\nfrom seq2seq_transformer.values import Integer\n\n\n"
        "class Wrong(Task):\n    'No numbers.'\n    source = target = Integer()\n\n"
        "    def sample(self, rng):\n        return 'one', 1\n"
    )
    Path("unfinished.py").write_text(
        "from seq2seq_transformer import Task\nfrom seq2seq_transformer.values import Integer\n\n\n"
        "class Half(Task):\n    'No target.'\n    source = Integer()\n\n"
        "    def sample(self, rng):\n        return 1, 1\n\n\n"
        "class Whole(Half):\n    'Has one.'\n    target = Integer()\n"
    )
    Path("alone.py").write_text(Path("unfinished.py").read_text().partition("class Whole")[0])
    Path("syntax.py").write_text("class (\n")
    Path("good.py").write_text(
        "from seq2seq_transformer.tasks.copy import Copy\n\n\nclass Good(Copy):\n    'A copy.'\n"
    )
    return tmp_path


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_clear_screen(seq2seq, folder, mistake, monkeypatch):
    words, message = MISTAKES[mistake]
    before = contents(folder)
    with monkeypatch.context() as patch:
        if mistake == "config that cannot be read":
            _forbid(patch, "secret.toml")
        answer = seq2seq(*words)
    assert answer.code == 2, answer.err
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert all(line.startswith("seq2seq: ") for line in answer.err.splitlines())
    assert 1 <= len(answer.err.splitlines()) <= 22
    assert answer.out == ""
    assert contents(folder) == before


def _forbid(monkeypatch, name: str) -> None:
    """Root may read anything, so a refusal is played."""
    real = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == name:
            raise PermissionError(13, os.strerror(13), str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)


def test_all_problems_are_on_one_screen(seq2seq):
    answer = seq2seq(
        "train", "patterns", "--training.epochs=x", "--training.batch_size=0", "--model.dim_model=7",
        "--task.horizon=0", "--seed=-1", "--modle.norm=pre", "--training.optimizer=adan",
    )  # fmt: skip
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 7
    assert "Did you mean 'adam'?" in answer.err
    assert os.listdir() == []


def test_a_file_with_a_wrong_option_is_not_taken_for_a_missing_task(seq2seq, folder):
    answer = seq2seq("train", "--data.train=data.jsonl", "--data.validation=1.5")
    assert (answer.code, len(answer.err.splitlines())) == (2, 1), answer.err


def test_variables_are_suggested_as_a_shell_can_set_them(seq2seq, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_MODEL__POSITION__CHANNELS", "start")
    answer = seq2seq("train", "patterns")
    assert "Did you mean 'SEQ2SEQ_MODEL__POSITIONS__…'?" in answer.err
    assert "SEQ2SEQ_MODEL." not in answer.err


def test_a_wrong_variable_is_named(seq2seq, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TRAINING__EPOCHS", "ten")
    answer = seq2seq("train", "patterns")
    assert answer.err == (
        "seq2seq: SEQ2SEQ_TRAINING__EPOCHS: `training.epochs` must be a whole number, but is 'ten' instead.\n"
    )


def test_a_verb_minds_only_the_variables_of_its_sections(seq2seq, finished_run, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TRAINING__EPOCHS", "ten")
    assert seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3").code == 0
    monkeypatch.setenv("SEQ2SEQ_DECODING__MAX_LENGTH", "1")
    monkeypatch.setenv("SEQ2SEQ_DECODING__GRAMMAR", "off")
    assert seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3").code == 1


def test_variables_about_a_training_are_none_of_an_answers_business(seq2seq, finished_run, monkeypatch):
    for variable in ("MODEL__DIM_MODEL", "MODEL__POSITIONS", "DATA__TRAIN", "DATA__TYPES", "TASK__NAME"):
        monkeypatch.setenv(f"SEQ2SEQ_{variable}", "x")
    for words in (("predict", finished_run, "3 3 3 3 3 3 3 3"), ("evaluate", finished_run)):
        assert seq2seq(*words).code == 0


def test_variables_change_no_run_that_goes_on_and_this_is_said(seq2seq, finished_run, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TRAINING__EPOCHS", "99")
    answer = seq2seq("train", "--resume", finished_run)
    assert answer.code == 0
    assert answer.err.endswith(f"of {finished_run}: SEQ2SEQ_TRAINING__EPOCHS in the environment changes nothing\n")


@pytest.mark.parametrize("variable", ["TASK__FAMILLIES", "MODEL__TEMPRATURE", "DATA__TSET", "DATA__TEST"])
def test_variables_about_an_evaluation_are_obeyed(seq2seq, finished_run, monkeypatch, variable):
    monkeypatch.setenv(f"SEQ2SEQ_{variable}", "gone.jsonl")
    answer = seq2seq("evaluate", finished_run)
    assert answer.code == 2
    assert variable in answer.err or "gone.jsonl" in answer.err


def test_a_variable_changes_the_task_and_the_model_that_answers(seq2seq, finished_run, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TASK__FAMILIES", "constant")
    report = json.loads(seq2seq("evaluate", finished_run, "--format=json").out)
    assert list(report["by_category"]) == ["constant"]
    plain = seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3").out
    monkeypatch.setenv("SEQ2SEQ_MODEL__TEMPERATURE", "9")
    assert seq2seq("predict", finished_run, "3 3 3 3 3 3 3 3").out != plain


def test_a_traceback_is_shown_where_it_is_asked_for(seq2seq, monkeypatch):
    monkeypatch.setenv("SEQ2SEQ_TRACEBACK", "1")
    assert "Traceback (most recent call last)" in seq2seq("train", "paterns").err


def test_without_torch_what_needs_it_says_so(seq2seq, finished_run, monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    monkeypatch.setattr("seq2seq_transformer.inference.predictor.load_engine", missing)
    answer = seq2seq("predict", finished_run, "1 1 1 1 1 1 1 1")
    assert (answer.code, answer.err) == (
        2, "seq2seq: `seq2seq predict` needs the extra `torch`: pip install 'seq2seq-transformer[torch]'\n"
    )  # fmt: skip


def test_a_fault_of_ours_is_not_hidden(seq2seq, monkeypatch):
    def broken(*_):
        raise ModuleNotFoundError("No module named 'abacus'", name="abacus")

    monkeypatch.setattr("seq2seq_transformer.cli.app.build_app", broken)
    with pytest.raises(ModuleNotFoundError):
        seq2seq("list")
