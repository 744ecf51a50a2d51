#compdef seq2seq

_cyclopts_seq2seq() {
  local line state

  _arguments -C \
    '--help[Display this message and exit.]' \
    '-h[Display this message and exit.]' \
    '--version[Display application version.]' \
    '1: :->cmds' \
    '*::arg:->args'

  case $state in
    cmds)
      local -a commands
      commands=(
        'convert:Write a file of examples in another format; --data.format, --data.types and --d…'
        'demo:Train the original system on one core and show what it predicts.'
        'evaluate:Let a trained model answer held-out examples, and count.'
        'export:Write a trained model as ONNX, which answers without PyTorch.'
        'generate:Write examples of a task, one a line.'
        'list:Show what can be named.'
        'predict:Let a trained model answer one input, or JSON Lines from standard input.'
        'train:Train a model on a task, on a task of your own, or on a file of examples.'
      )
      _describe -t commands 'command' commands
      ;;
    args)
      case $words[1] in
        convert)
          case ${words[CURRENT]} in
            --output=*)
              compset -P '--output='
              _files
              return
              ;;
            --format=*)
              compset -P '--format='
              compadd -- 'auto' 'jsonl' 'csv' 'tsv' 'text' 'int2int' 'axolver'
              return
              ;;
            --data.format=*)
              compset -P '--data.format='
              compadd -- 'auto' 'jsonl' 'csv' 'tsv' 'text' 'int2int' 'axolver'
              return
              ;;
            --data.on_error=*)
              compset -P '--data.on_error='
              compadd -- 'stop' 'skip'
              return
              ;;
          esac
          _arguments \
            '1:File of examples; - for standard input.:_files' \
            '*-o[New file to write; standard output where none is given.]:o:_files' \
            '*--output[New file to write; standard output where none is given.]:output:_files' \
            "*--format[How to write them. auto\: by the ending of the output's name; JSON Lines where t…]:format:(auto jsonl csv tsv text int2int axolver)" \
            '*--base[Base of the digits in int2int and axolver. 0\: that of the format.]:base' \
            "*--data.format[Format of the files. auto\: told by the first line and the ending of the name.]:data.format:(auto jsonl csv tsv text int2int axolver)" \
            '*--data.types[Types of source and target, such as int\[2\]\:int. Empty\: found out from the first…]:data.types' \
            '*--data.base[Base of the digits in the files. 0\: that of the format (int2int 1000, axolver 1…]:data.base' \
            '*--data.columns[Columns of csv and tsv that are source and target, such as a,b\:c. Empty\: source…]:data.columns' \
            "*--data.on_error[What faulty lines do\: stop (all are shown, nothing is trained) or skip (they ar…]:data.on_error:(stop skip)" \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        demo)
          case ${words[CURRENT]} in
            --run=*)
              compset -P '--run='
              _files
              return
              ;;
          esac
          _arguments \
            '*--run[New folder that keeps the run; without it, the run is thrown away at the end.]:run:_files' \
            '*--seed[Another seed gives other random numbers\: weights, batches, generated examples.]:seed' \
            '*--threads[Processor threads of one operation. 0\: in a training chosen by a short measurem…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        evaluate)
          case ${words[CURRENT]} in
            --format=*)
              compset -P '--format='
              compadd -- 'text' 'json' 'int2int'
              return
              ;;
            --output=*)
              compset -P '--output='
              _files
              return
              ;;
            --task.carries=*)
              compset -P '--task.carries='
              compadd -- 'any' 'chain'
              return
              ;;
            --task.answer=*)
              compset -P '--task.answer='
              compadd -- 'value' 'running'
              return
              ;;
            --task.operands=*)
              compset -P '--task.operands='
              compadd -- 'uniform' 'log_uniform' 'mixed'
              return
              ;;
            --task.outcomes=*)
              compset -P '--task.outcomes='
              compadd -- 'natural' 'uniform' 'log_uniform' 'inverse_sqrt' 'mixed'
              return
              ;;
            --data.format=*)
              compset -P '--data.format='
              compadd -- 'auto' 'jsonl' 'csv' 'tsv' 'text' 'int2int' 'axolver'
              return
              ;;
            --data.on_error=*)
              compset -P '--data.on_error='
              compadd -- 'stop' 'skip'
              return
              ;;
            --decoding.name=*)
              compset -P '--decoding.name='
              compadd -- 'beam' 'best_of' 'greedy' 'sampling'
              return
              ;;
            --decoding.grammar=*)
              compset -P '--decoding.grammar='
              compadd -- 'auto' 'on' 'off'
              return
              ;;
          esac
          _arguments \
            '1:Folder of the run, or of an exported model.:_files' \
            "*--format[text for people, json for programs (fractions, not percentages), int2int as Int…]:format:(text json int2int)" \
            '*-o[New file for every example, as JSON Lines\: source, target, answer, verdict and …]:o:_files' \
            '*--output[New file for every example, as JSON Lines\: source, target, answer, verdict and …]:output:_files' \
            '*--task.min_digits[Fewest digits of an operand.]:task.min_digits' \
            '*--task.max_digits[Most digits of an operand; the number of digits is uniform.]:task.max_digits' \
            "*--task.carries[any\: operands are uniform; chain\: every place but the units adds up to 9, and a…]:task.carries:(any chain)" \
            '*--task.min_length[Fewest bits and actions in a source; a source of one term is a bit.]:task.min_length' \
            '*--task.max_length[Most bits and actions in a source; lengths are uniform.]:task.max_length' \
            '*--task.horizon[Terms in a target.]:task.horizon' \
            '*--task.max_start[Largest size of the first term, which is not 0.]:task.max_start' \
            '*--task.max_difference[Largest size of what a rule adds.]:task.max_difference' \
            '*--task.from_base[Base of the source, at least 2.]:task.from_base' \
            '*--task.to_base[Base of the target, at least 2.]:task.to_base' \
            '*--task.num_symbols[Different symbols\: the terms are 0 to num_symbols - 1.]:task.num_symbols' \
            "*--task.answer[value\: of the whole source, one token; running\: of each beginning of it, as man…]:task.answer:(value running)" \
            '*--task.cycle_length[Places on the cycle.]:task.cycle_length' \
            '*--task.min_size[Fewest rows.]:task.min_size' \
            '*--task.max_size[Most rows; their number is uniform.]:task.max_size' \
            '*--task.max_entry[Largest size of an entry; entries are uniform.]:task.max_entry' \
            '*--task.tolerance[Largest relative error of a right answer, at least 0.005, as answers are spelle…]:task.tolerance' \
            '*--task.max_operand[Largest operand, at least 1.]:task.max_operand' \
            "*--task.operands[How operands are drawn\: uniform in \[1, max_operand\], with uniform logarithms, o…]:task.operands:(uniform log_uniform mixed)" \
            "*--task.outcomes[How the gcd is drawn\: natural (as the operands have it, P(k) ~ 1/k²); up to max…]:task.outcomes:(natural uniform log_uniform inverse_sqrt mixed)" \
            '*--task.max_gcd[Largest gcd, where outcomes are not natural.]:task.max_gcd' \
            '*--task.max_ratio[Largest size of what a rule multiplies by, at least 2.]:task.max_ratio' \
            '*--task.max_digits_divisor[Most digits of the divisor, which then has at least min_digits or as many as th…]:task.max_digits_divisor' \
            '*--task.max_strands[Most progressions that are interleaved, at least 2; their number is uniform.]:task.max_strands' \
            '*--task.max_order[How many terms back an expression looks at most; uniform from 1 on.]:task.max_order' \
            '*--task.max_coefficient[Largest size of a coefficient.]:task.max_coefficient' \
            '*--task.max_initial_term[Largest size of the terms that a recurrence starts from.]:task.max_initial_term' \
            '*--task.tasks[Names of the tasks, built-in ones, each once.]:task.tasks' \
            '*--task.weights[How often each task is drawn, in proportion, above 0. Empty\: all equally often.]:task.weights' \
            '*--task.options[Options that are whole numbers\: max_length=30 for each task that has it, or cop…]:task.options' \
            '*--task.modulus[What both sides are taken modulo; the numbers are 0 to modulus - 1.]:task.modulus' \
            '*--task.max_digits_second[Most digits of the second factor, which then has at least min_digits or as many…]:task.max_digits_second' \
            '*--task.families[Kinds to draw from\: zeros, ones, alternating, constant, periodic; each period a…]:task.families' \
            '*--task.min_period[Shortest period of the family periodic, in terms, at least 2.]:task.min_period' \
            '*--task.max_period[Longest period of the family periodic, in terms.]:task.max_period' \
            '*--task.min_steps[Fewest steps of each rule, from a term to the next, in the source, at least 2; …]:task.min_steps' \
            '*--task.max_degree[Largest degree, at least 1; degrees are uniform.]:task.max_degree' \
            '*--task.max_exponent[Largest exponent; exponents are uniform from 0 on.]:task.max_exponent' \
            '*--task.max_operators[Most operators of an expression; their number is uniform before sequences are r…]:task.max_operators' \
            '*--task.max_constant[Largest size of a constant, which is not 0.]:task.max_constant' \
            '*--task.max_digits_of_term[Most decimal digits of a term; sequences with longer ones are refused.]:task.max_digits_of_term' \
            '*--data.test[File that seq2seq evaluate answers. Empty\: what was held out.]:data.test' \
            "*--data.format[Format of the files. auto\: told by the first line and the ending of the name.]:data.format:(auto jsonl csv tsv text int2int axolver)" \
            '*--data.types[Types of source and target, such as int\[2\]\:int. Empty\: found out from the first…]:data.types' \
            '*--data.base[Base of the digits in the files. 0\: that of the format (int2int 1000, axolver 1…]:data.base' \
            '*--data.columns[Columns of csv and tsv that are source and target, such as a,b\:c. Empty\: source…]:data.columns' \
            "*--data.on_error[What faulty lines do\: stop (all are shown, nothing is trained) or skip (they ar…]:data.on_error:(stop skip)" \
            '--data.allow_overlap[Let sources stand both in training and in validation or test files.]' \
            '*--data.tolerance[Largest relative error at which floats of an answer count as right.]:data.tolerance' \
            '*--model.encoder_loops[How often the encoder'\''s blocks are run, one after another (a universal Transfor…]:model.encoder_loops' \
            '*--model.loops_at[Length of a source for which encoder_loops holds; others take loops ∝ ln(length…]:model.loops_at' \
            '*--model.decoder_loops[The same for the decoder'\''s blocks, whatever the length.]:model.decoder_loops' \
            '*--model.temperature[Attention scores are divided by this, 0.000001 or more; 1 is off. Can be change…]:model.temperature' \
            '*--model.log_length[Scores are multiplied by ln(keys a query sees) / ln(this), where these are more…]:model.log_length' \
            '*--evaluation.examples[Held-out examples to answer. 0\: 1,000, and all of a test file.]:evaluation.examples' \
            '*--evaluation.lengths[Difficulties (lengths, digits) to be judged one by one, such as 10,20,40; each …]:evaluation.lengths' \
            '*--evaluation.answers[Most distinct true answers shown with what the model says to them, where an ans…]:evaluation.answers' \
            '*--evaluation.bins[Bins of the reliability table shown, of equally many answers each. 0\: no table;…]:evaluation.bins' \
            '*--evaluation.confidence[Probability of an answer, in \[0, 1\], at and above which coverage and exact matc…]:evaluation.confidence' \
            '*--evaluation.exact_match[Exact match, in \[0, 1\], for which it is told how many of the most probable answ…]:evaluation.exact_match' \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(beam best_of greedy sampling)" \
            '*--decoding.width[Beginnings of an answer that are kept, from 1 to 10000. 1, without penalty\: gre…]:decoding.width' \
            '*--decoding.length_penalty[α of Wu et al. (2016, arXiv 1609.08144, equation 14)\: ln p is divided by ((5 + …]:decoding.length_penalty' \
            '--decoding.early_stopping[Stop when as many answers as the width are found; otherwise, when no other can …]' \
            '*--decoding.n_best[Answers that are given, best first, from 1 to the width.]:decoding.n_best' \
            '*--decoding.temperature[What logits are divided by, 0 or more\: below 1 likely tokens become likelier. 0…]:decoding.temperature' \
            '*--decoding.top_k[Draw among so many likeliest tokens. 0\: among all.]:decoding.top_k' \
            '*--decoding.top_p[Draw among the fewest likeliest tokens that have this probability together (arX…]:decoding.top_p' \
            '*--decoding.min_p[Draw among tokens of at least this share of the likeliest one'\''s probability (ar…]:decoding.min_p' \
            '*--decoding.seed[Another seed draws other answers.]:decoding.seed' \
            '*--decoding.n[Draws a source, from 1 to 10000.]:decoding.n' \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            "*--decoding.grammar[Keep answers to what spells a value of their type and ends in time. auto\: in pr…]:decoding.grammar:(auto on off)" \
            '*--threads[Processor threads of one operation. 0\: in a training chosen by a short measurem…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        export)
          case ${words[CURRENT]} in
            --output=*)
              compset -P '--output='
              _files
              return
              ;;
            --quantize=*)
              compset -P '--quantize='
              compadd -- 'no' 'int8'
              return
              ;;
          esac
          _arguments \
            '1:Folder of the run.:_files' \
            '*-o[New folder to write; where none is given, beside the run, with -onnx after its …]:o:_files' \
            '*--output[New folder to write; where none is given, beside the run, with -onnx after its …]:output:_files' \
            "*--quantize[int8\: matrices of weights in 8 bits; smaller, and not quite the same model.]:quantize:(no int8)" \
            '*--model.encoder_loops[How often the encoder'\''s blocks are run, one after another (a universal Transfor…]:model.encoder_loops' \
            '*--model.loops_at[Length of a source for which encoder_loops holds; others take loops ∝ ln(length…]:model.loops_at' \
            '*--model.decoder_loops[The same for the decoder'\''s blocks, whatever the length.]:model.decoder_loops' \
            '*--model.temperature[Attention scores are divided by this, 0.000001 or more; 1 is off. Can be change…]:model.temperature' \
            '*--model.log_length[Scores are multiplied by ln(keys a query sees) / ln(this), where these are more…]:model.log_length' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        generate)
          case ${words[CURRENT]} in
            --output=*)
              compset -P '--output='
              _files
              return
              ;;
            --format=*)
              compset -P '--format='
              compadd -- 'auto' 'jsonl' 'csv' 'tsv' 'text' 'int2int' 'axolver'
              return
              ;;
            --task.carries=*)
              compset -P '--task.carries='
              compadd -- 'any' 'chain'
              return
              ;;
            --task.answer=*)
              compset -P '--task.answer='
              compadd -- 'value' 'running'
              return
              ;;
            --task.operands=*)
              compset -P '--task.operands='
              compadd -- 'uniform' 'log_uniform' 'mixed'
              return
              ;;
            --task.outcomes=*)
              compset -P '--task.outcomes='
              compadd -- 'natural' 'uniform' 'log_uniform' 'inverse_sqrt' 'mixed'
              return
              ;;
          esac
          _arguments \
            "1:Name of the task (seq2seq list tasks), or FILE.py\:CLASS.:(addition arithmetic_progression base_conversion binary_addition binary_multiplication bucket_sort collatz_step comparison copy count cycle_navigation deduplicate determinant dot_product duplicate eigenvalues even_pairs fraction_add fraction_compare fraction_determinant fraction_multiply fraction_round fraction_simplify gcd geometric_progression integer_division interleaved lcm linear_recurrence majority matrix_sum matrix_transpose matrix_vector_product missing_duplicate mixture modular_addition modular_arithmetic modular_arithmetic_brackets modular_inverse modular_multiplication multiplication odds_first parity patterns piecewise polynomial power random_recurrence rank remainder reverse solve_equation sort square_root stack_manipulation subtraction trace)" \
            '*-n[How many examples.]:n' \
            '*--number[How many examples.]:number' \
            '*-o[New file to write; standard output where none is given.]:o:_files' \
            '*--output[New file to write; standard output where none is given.]:output:_files' \
            "*--format[How to write them. auto\: by the ending of the output's name; JSON Lines where t…]:format:(auto jsonl csv tsv text int2int axolver)" \
            '*--base[Base of the digits in int2int and axolver. 0\: that of the format.]:base' \
            '*--task.min_digits[Fewest digits of an operand.]:task.min_digits' \
            '*--task.max_digits[Most digits of an operand; the number of digits is uniform.]:task.max_digits' \
            "*--task.carries[any\: operands are uniform; chain\: every place but the units adds up to 9, and a…]:task.carries:(any chain)" \
            '*--task.min_length[Fewest bits and actions in a source; a source of one term is a bit.]:task.min_length' \
            '*--task.max_length[Most bits and actions in a source; lengths are uniform.]:task.max_length' \
            '*--task.horizon[Terms in a target.]:task.horizon' \
            '*--task.max_start[Largest size of the first term, which is not 0.]:task.max_start' \
            '*--task.max_difference[Largest size of what a rule adds.]:task.max_difference' \
            '*--task.from_base[Base of the source, at least 2.]:task.from_base' \
            '*--task.to_base[Base of the target, at least 2.]:task.to_base' \
            '*--task.num_symbols[Different symbols\: the terms are 0 to num_symbols - 1.]:task.num_symbols' \
            "*--task.answer[value\: of the whole source, one token; running\: of each beginning of it, as man…]:task.answer:(value running)" \
            '*--task.cycle_length[Places on the cycle.]:task.cycle_length' \
            '*--task.min_size[Fewest rows.]:task.min_size' \
            '*--task.max_size[Most rows; their number is uniform.]:task.max_size' \
            '*--task.max_entry[Largest size of an entry; entries are uniform.]:task.max_entry' \
            '*--task.tolerance[Largest relative error of a right answer, at least 0.005, as answers are spelle…]:task.tolerance' \
            '*--task.max_operand[Largest operand, at least 1.]:task.max_operand' \
            "*--task.operands[How operands are drawn\: uniform in \[1, max_operand\], with uniform logarithms, o…]:task.operands:(uniform log_uniform mixed)" \
            "*--task.outcomes[How the gcd is drawn\: natural (as the operands have it, P(k) ~ 1/k²); up to max…]:task.outcomes:(natural uniform log_uniform inverse_sqrt mixed)" \
            '*--task.max_gcd[Largest gcd, where outcomes are not natural.]:task.max_gcd' \
            '*--task.max_ratio[Largest size of what a rule multiplies by, at least 2.]:task.max_ratio' \
            '*--task.max_digits_divisor[Most digits of the divisor, which then has at least min_digits or as many as th…]:task.max_digits_divisor' \
            '*--task.max_strands[Most progressions that are interleaved, at least 2; their number is uniform.]:task.max_strands' \
            '*--task.max_order[How many terms back an expression looks at most; uniform from 1 on.]:task.max_order' \
            '*--task.max_coefficient[Largest size of a coefficient.]:task.max_coefficient' \
            '*--task.max_initial_term[Largest size of the terms that a recurrence starts from.]:task.max_initial_term' \
            '*--task.tasks[Names of the tasks, built-in ones, each once.]:task.tasks' \
            '*--task.weights[How often each task is drawn, in proportion, above 0. Empty\: all equally often.]:task.weights' \
            '*--task.options[Options that are whole numbers\: max_length=30 for each task that has it, or cop…]:task.options' \
            '*--task.modulus[What both sides are taken modulo; the numbers are 0 to modulus - 1.]:task.modulus' \
            '*--task.max_digits_second[Most digits of the second factor, which then has at least min_digits or as many…]:task.max_digits_second' \
            '*--task.families[Kinds to draw from\: zeros, ones, alternating, constant, periodic; each period a…]:task.families' \
            '*--task.min_period[Shortest period of the family periodic, in terms, at least 2.]:task.min_period' \
            '*--task.max_period[Longest period of the family periodic, in terms.]:task.max_period' \
            '*--task.min_steps[Fewest steps of each rule, from a term to the next, in the source, at least 2; …]:task.min_steps' \
            '*--task.max_degree[Largest degree, at least 1; degrees are uniform.]:task.max_degree' \
            '*--task.max_exponent[Largest exponent; exponents are uniform from 0 on.]:task.max_exponent' \
            '*--task.max_operators[Most operators of an expression; their number is uniform before sequences are r…]:task.max_operators' \
            '*--task.max_constant[Largest size of a constant, which is not 0.]:task.max_constant' \
            '*--task.max_digits_of_term[Most decimal digits of a term; sequences with longer ones are refused.]:task.max_digits_of_term' \
            '*--seed[Another seed gives other random numbers\: weights, batches, generated examples.]:seed' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        list)
          _arguments \
            "1:What to list; everything where none is given.:(tasks encodings formats positions channels optimizers schedules decoding engines)" \
            '2:Python file with tasks of your own\: they are shown, and the laws of tasks are c…:_files' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        predict)
          case ${words[CURRENT]} in
            --format=*)
              compset -P '--format='
              compadd -- 'text' 'json'
              return
              ;;
            --decoding.name=*)
              compset -P '--decoding.name='
              compadd -- 'beam' 'best_of' 'greedy' 'sampling'
              return
              ;;
            --decoding.grammar=*)
              compset -P '--decoding.grammar='
              compadd -- 'auto' 'on' 'off'
              return
              ;;
          esac
          _arguments \
            '1:Folder of the run or of a model; an input alone is for the bundled model, which…:_files' \
            '2:What to answer; blanks separate numbers. Where none is given, standard input is…' \
            "*--format[text for people or json, for a single input; lines from standard input are answ…]:format:(text json)" \
            '*--alternatives[So many of the likeliest symbols at each place of an answer, in JSON. 0\: none.]:alternatives' \
            '*--engine[What runs the model\: seq2seq list engines. auto\: onnx for an exported model, to…]:engine' \
            '*--model.encoder_loops[How often the encoder'\''s blocks are run, one after another (a universal Transfor…]:model.encoder_loops' \
            '*--model.loops_at[Length of a source for which encoder_loops holds; others take loops ∝ ln(length…]:model.loops_at' \
            '*--model.decoder_loops[The same for the decoder'\''s blocks, whatever the length.]:model.decoder_loops' \
            '*--model.temperature[Attention scores are divided by this, 0.000001 or more; 1 is off. Can be change…]:model.temperature' \
            '*--model.log_length[Scores are multiplied by ln(keys a query sees) / ln(this), where these are more…]:model.log_length' \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(beam best_of greedy sampling)" \
            '*--decoding.width[Beginnings of an answer that are kept, from 1 to 10000. 1, without penalty\: gre…]:decoding.width' \
            '*--decoding.length_penalty[α of Wu et al. (2016, arXiv 1609.08144, equation 14)\: ln p is divided by ((5 + …]:decoding.length_penalty' \
            '--decoding.early_stopping[Stop when as many answers as the width are found; otherwise, when no other can …]' \
            '*--decoding.n_best[Answers that are given, best first, from 1 to the width.]:decoding.n_best' \
            '*--decoding.temperature[What logits are divided by, 0 or more\: below 1 likely tokens become likelier. 0…]:decoding.temperature' \
            '*--decoding.top_k[Draw among so many likeliest tokens. 0\: among all.]:decoding.top_k' \
            '*--decoding.top_p[Draw among the fewest likeliest tokens that have this probability together (arX…]:decoding.top_p' \
            '*--decoding.min_p[Draw among tokens of at least this share of the likeliest one'\''s probability (ar…]:decoding.min_p' \
            '*--decoding.seed[Another seed draws other answers.]:decoding.seed' \
            '*--decoding.n[Draws a source, from 1 to 10000.]:decoding.n' \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            "*--decoding.grammar[Keep answers to what spells a value of their type and ends in time. auto\: in pr…]:decoding.grammar:(auto on off)" \
            '*--threads[Processor threads of one operation. 0\: in a training chosen by a short measurem…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        train)
          case ${words[CURRENT]} in
            --run=*)
              compset -P '--run='
              _files
              return
              ;;
            --config=*)
              compset -P '--config='
              _files
              return
              ;;
            --resume=*)
              compset -P '--resume='
              _files
              return
              ;;
            --task.carries=*)
              compset -P '--task.carries='
              compadd -- 'any' 'chain'
              return
              ;;
            --task.answer=*)
              compset -P '--task.answer='
              compadd -- 'value' 'running'
              return
              ;;
            --task.operands=*)
              compset -P '--task.operands='
              compadd -- 'uniform' 'log_uniform' 'mixed'
              return
              ;;
            --task.outcomes=*)
              compset -P '--task.outcomes='
              compadd -- 'natural' 'uniform' 'log_uniform' 'inverse_sqrt' 'mixed'
              return
              ;;
            --data.format=*)
              compset -P '--data.format='
              compadd -- 'auto' 'jsonl' 'csv' 'tsv' 'text' 'int2int' 'axolver'
              return
              ;;
            --data.on_error=*)
              compset -P '--data.on_error='
              compadd -- 'stop' 'skip'
              return
              ;;
            --encoding.name=*)
              compset -P '--encoding.name='
              compadd -- 'digits' 'residues' 'scientific' 'symbolic'
              return
              ;;
            --encoding.order=*)
              compset -P '--encoding.order='
              compadd -- 'most' 'least'
              return
              ;;
            --encoding.sign=*)
              compset -P '--encoding.sign='
              compadd -- 'none' 'prefix' 'always' 'complement'
              return
              ;;
            --encoding.separators=*)
              compset -P '--encoding.separators='
              compadd -- 'auto' 'always'
              return
              ;;
            --encoding.format=*)
              compset -P '--encoding.format='
              compadd -- 'P10' 'P1000' 'B1999' 'FP15'
              return
              ;;
            --model.positions=*)
              compset -P '--model.positions='
              compadd -- 'alibi' 'learned' 'none' 'relative_bias' 'rotary' 'sinusoidal'
              return
              ;;
            --model.norm=*)
              compset -P '--model.norm='
              compadd -- 'pre' 'post'
              return
              ;;
            --model.normalization=*)
              compset -P '--model.normalization='
              compadd -- 'layer' 'rms'
              return
              ;;
            --model.activation=*)
              compset -P '--model.activation='
              compadd -- 'relu' 'gelu' 'swiglu'
              return
              ;;
            --training.optimizer=*)
              compset -P '--training.optimizer='
              compadd -- 'sgd' 'adam' 'adamw' 'muon'
              return
              ;;
            --training.schedule=*)
              compset -P '--training.schedule='
              compadd -- 'constant' 'linear' 'cosine' 'wsd'
              return
              ;;
            --training.precision=*)
              compset -P '--training.precision='
              compadd -- 'auto' 'float32' 'bfloat16'
              return
              ;;
            --training.curriculum=*)
              compset -P '--training.curriculum='
              compadd -- 'uniform' 'fixed' 'steps' 'success'
              return
              ;;
            --training.metric=*)
              compset -P '--training.metric='
              compadd -- 'exact_match' 'validation_loss' 'train_loss'
              return
              ;;
            --decoding.name=*)
              compset -P '--decoding.name='
              compadd -- 'beam' 'best_of' 'greedy' 'sampling'
              return
              ;;
            --decoding.grammar=*)
              compset -P '--decoding.grammar='
              compadd -- 'auto' 'on' 'off'
              return
              ;;
          esac
          _arguments \
            "1:Name of the task (seq2seq list tasks), or FILE.py\:CLASS. Needed unless --data.t…:(addition arithmetic_progression base_conversion binary_addition binary_multiplication bucket_sort collatz_step comparison copy count cycle_navigation deduplicate determinant dot_product duplicate eigenvalues even_pairs fraction_add fraction_compare fraction_determinant fraction_multiply fraction_round fraction_simplify gcd geometric_progression integer_division interleaved lcm linear_recurrence majority matrix_sum matrix_transpose matrix_vector_product missing_duplicate mixture modular_addition modular_arithmetic modular_arithmetic_brackets modular_inverse modular_multiplication multiplication odds_first parity patterns piecewise polynomial power random_recurrence rank remainder reverse solve_equation sort square_root stack_manipulation subtraction trace)" \
            '*--run[New folder for the run. Default\: runs/TASK.]:run:_files' \
            '*--config[TOML file with an experiment, such as the config.toml of another run.]:config:_files' \
            '*--resume[Run to go on with, from its newest good checkpoint.]:resume:_files' \
            '*--seeds[Several seeds, such as 0,1,2\: a run of each, in folders of RUN, and the median …]:seeds' \
            '--quiet[Show warnings only.]' \
            '--no-quiet[Show warnings only.]' \
            '*--task.min_digits[Fewest digits of an operand.]:task.min_digits' \
            '*--task.max_digits[Most digits of an operand; the number of digits is uniform.]:task.max_digits' \
            "*--task.carries[any\: operands are uniform; chain\: every place but the units adds up to 9, and a…]:task.carries:(any chain)" \
            '*--task.min_length[Fewest bits and actions in a source; a source of one term is a bit.]:task.min_length' \
            '*--task.max_length[Most bits and actions in a source; lengths are uniform.]:task.max_length' \
            '*--task.horizon[Terms in a target.]:task.horizon' \
            '*--task.max_start[Largest size of the first term, which is not 0.]:task.max_start' \
            '*--task.max_difference[Largest size of what a rule adds.]:task.max_difference' \
            '*--task.from_base[Base of the source, at least 2.]:task.from_base' \
            '*--task.to_base[Base of the target, at least 2.]:task.to_base' \
            '*--task.num_symbols[Different symbols\: the terms are 0 to num_symbols - 1.]:task.num_symbols' \
            "*--task.answer[value\: of the whole source, one token; running\: of each beginning of it, as man…]:task.answer:(value running)" \
            '*--task.cycle_length[Places on the cycle.]:task.cycle_length' \
            '*--task.min_size[Fewest rows.]:task.min_size' \
            '*--task.max_size[Most rows; their number is uniform.]:task.max_size' \
            '*--task.max_entry[Largest size of an entry; entries are uniform.]:task.max_entry' \
            '*--task.tolerance[Largest relative error of a right answer, at least 0.005, as answers are spelle…]:task.tolerance' \
            '*--task.max_operand[Largest operand, at least 1.]:task.max_operand' \
            "*--task.operands[How operands are drawn\: uniform in \[1, max_operand\], with uniform logarithms, o…]:task.operands:(uniform log_uniform mixed)" \
            "*--task.outcomes[How the gcd is drawn\: natural (as the operands have it, P(k) ~ 1/k²); up to max…]:task.outcomes:(natural uniform log_uniform inverse_sqrt mixed)" \
            '*--task.max_gcd[Largest gcd, where outcomes are not natural.]:task.max_gcd' \
            '*--task.max_ratio[Largest size of what a rule multiplies by, at least 2.]:task.max_ratio' \
            '*--task.max_digits_divisor[Most digits of the divisor, which then has at least min_digits or as many as th…]:task.max_digits_divisor' \
            '*--task.max_strands[Most progressions that are interleaved, at least 2; their number is uniform.]:task.max_strands' \
            '*--task.max_order[How many terms back an expression looks at most; uniform from 1 on.]:task.max_order' \
            '*--task.max_coefficient[Largest size of a coefficient.]:task.max_coefficient' \
            '*--task.max_initial_term[Largest size of the terms that a recurrence starts from.]:task.max_initial_term' \
            '*--task.tasks[Names of the tasks, built-in ones, each once.]:task.tasks' \
            '*--task.weights[How often each task is drawn, in proportion, above 0. Empty\: all equally often.]:task.weights' \
            '*--task.options[Options that are whole numbers\: max_length=30 for each task that has it, or cop…]:task.options' \
            '*--task.modulus[What both sides are taken modulo; the numbers are 0 to modulus - 1.]:task.modulus' \
            '*--task.max_digits_second[Most digits of the second factor, which then has at least min_digits or as many…]:task.max_digits_second' \
            '*--task.families[Kinds to draw from\: zeros, ones, alternating, constant, periodic; each period a…]:task.families' \
            '*--task.min_period[Shortest period of the family periodic, in terms, at least 2.]:task.min_period' \
            '*--task.max_period[Longest period of the family periodic, in terms.]:task.max_period' \
            '*--task.min_steps[Fewest steps of each rule, from a term to the next, in the source, at least 2; …]:task.min_steps' \
            '*--task.max_degree[Largest degree, at least 1; degrees are uniform.]:task.max_degree' \
            '*--task.max_exponent[Largest exponent; exponents are uniform from 0 on.]:task.max_exponent' \
            '*--task.max_operators[Most operators of an expression; their number is uniform before sequences are r…]:task.max_operators' \
            '*--task.max_constant[Largest size of a constant, which is not 0.]:task.max_constant' \
            '*--task.max_digits_of_term[Most decimal digits of a term; sequences with longer ones are refused.]:task.max_digits_of_term' \
            '*--data.train[File to train on, - for standard input; gzip is unpacked. Empty\: a task generat…]:data.train' \
            '*--data.more[Further files to train on, of the types of train, such as b.jsonl,c.jsonl.]:data.more' \
            '*--data.weights[How often train and each of more are drawn from, in proportion, above 0. Empty\:…]:data.weights' \
            '*--data.validation[File to validate on, or the fraction of the training file that is split off, by…]:data.validation' \
            '*--data.test[File that seq2seq evaluate answers. Empty\: what was held out.]:data.test' \
            "*--data.format[Format of the files. auto\: told by the first line and the ending of the name.]:data.format:(auto jsonl csv tsv text int2int axolver)" \
            '*--data.types[Types of source and target, such as int\[2\]\:int. Empty\: found out from the first…]:data.types' \
            '*--data.base[Base of the digits in the files. 0\: that of the format (int2int 1000, axolver 1…]:data.base' \
            '*--data.columns[Columns of csv and tsv that are source and target, such as a,b\:c. Empty\: source…]:data.columns' \
            "*--data.on_error[What faulty lines do\: stop (all are shown, nothing is trained) or skip (they ar…]:data.on_error:(stop skip)" \
            '--data.allow_overlap[Let sources stand both in training and in validation or test files.]' \
            '*--data.tolerance[Largest relative error at which floats of an answer count as right.]:data.tolerance' \
            '*--data.sha256[SHA-256 of the training file and of the one to validate on, written by the run.…]:data.sha256' \
            "*--encoding.name[Name of the number encoding\: seq2seq list encodings.]:encoding.name:(digits residues scientific symbolic)" \
            '*--encoding.base[Base of the digits, at least 2; a digit is one symbol.]:encoding.base' \
            "*--encoding.order[Which digit comes first\: the most or the least significant.]:encoding.order:(most least)" \
            "*--encoding.sign[Signs\: none (no negative numbers), prefix (- before negative ones), always (+ o…]:encoding.sign:(none prefix always complement)" \
            '*--encoding.width[Digits of every number, filled up with zeros. 0\: as many as it has.]:encoding.width' \
            "*--encoding.separators[Separators between numbers\: auto (where their digits would run together) or alw…]:encoding.separators:(auto always)" \
            '*--encoding.primes[Different primes; numbers lie below their product, 6,469,693,230 for the defaul…]:encoding.primes' \
            '--encoding.signed[false\: from 0 to the product less 1. true\: as many numbers, half of them negati…]' \
            "*--encoding.format[Symbols a number\: P10 five, P1000 three, B1999 two (signed mantissa), FP15 one.]:encoding.format:(P10 P1000 B1999 FP15)" \
            '*--encoding.max_exponent[Exponents of ten go from minus this to this. 0\: 100, and 8 for FP15.]:encoding.max_exponent' \
            "*--model.positions[How positions are encoded\: seq2seq list positions, or auto.]:model.positions:(alibi learned none relative_bias rotary sinusoidal)" \
            '*--model.dim_model[Width of the vector that stands for a token; a multiple of num_heads, and even.]:model.dim_model' \
            '*--model.num_heads[Attention heads of each layer, at least 1.]:model.num_heads' \
            '*--model.num_encoder_layers[Encoder blocks, at least 1.]:model.num_encoder_layers' \
            '*--model.num_decoder_layers[Decoder blocks, at least 1.]:model.num_decoder_layers' \
            '*--model.encoder_loops[How often the encoder'\''s blocks are run, one after another (a universal Transfor…]:model.encoder_loops' \
            '*--model.loops_at[Length of a source for which encoder_loops holds; others take loops ∝ ln(length…]:model.loops_at' \
            '*--model.more_loops[In training each batch takes up to this share more loops, at random and rounded…]:model.more_loops' \
            '*--model.decoder_loops[The same for the decoder'\''s blocks, whatever the length.]:model.decoder_loops' \
            '--model.encoder_gate[A gate in each encoder block, which leaves a token as it is until its update is…]' \
            '*--model.dim_feedforward[Width of the hidden layer of each feed-forward network. 0\: four times dim_model.]:model.dim_feedforward' \
            '*--model.dropout[Probability in \[0, 1) of dropping a value in training. 0 is off.]:model.dropout' \
            "*--model.norm[Where a block normalizes\: \"pre\" (before each sublayer) or \"post\" (after each sh…]:model.norm:(pre post)" \
            "*--model.normalization[How a block normalizes\: LayerNorm or RMSNorm.]:model.normalization:(layer rms)" \
            "*--model.activation[What stands between the two linear maps of a feed-forward network.]:model.activation:(relu gelu swiglu)" \
            '--model.qk_norm[Normalize queries and keys of each head (RMSNorm).]' \
            '--model.attention_bias[Whether the linear maps of attention have biases.]' \
            '--model.tied_embeddings[Whether the output layer uses the embedding'\''s weights.]' \
            '*--model.temperature[Attention scores are divided by this, 0.000001 or more; 1 is off. Can be change…]:model.temperature' \
            '*--model.log_length[Scores are multiplied by ln(keys a query sees) / ln(this), where these are more…]:model.log_length' \
            '*--model.max_len[Positions computed in advance; longer sequences extend the table by themselves …]:model.max_len' \
            '*--model.positions.channels[How positions are counted, one for each group of heads\: seq2seq list channels.]:model.positions.channels' \
            '*--training.epochs[Epochs of examples_per_epoch examples each, at least 1.]:training.epochs' \
            '*--training.examples_per_epoch[Examples an epoch, at least 1; an epoch of a file is one pass over it, whatever…]:training.examples_per_epoch' \
            '*--training.batch_size[Examples a step, at least 1.]:training.batch_size' \
            "*--training.optimizer[Name of the optimizer\: seq2seq list optimizers.]:training.optimizer:(sgd adam adamw muon)" \
            '*--training.learning_rate[Highest learning rate, above 0.]:training.learning_rate' \
            '*--training.momentum[Momentum of sgd, in \[0, 1); other optimizers do not use it. 0 is off.]:training.momentum' \
            '*--training.beta2[Decay of the second moment of adam and adamw (of muon'\''s as well), in \[0, 1); sg…]:training.beta2' \
            '*--training.weight_decay[Weight decay of the matrices of linear maps, 0 or more; nothing else decays. 0 …]:training.weight_decay' \
            '*--training.ema[Decay of a moving average of the weights, in \[0, 1), which is judged and saved …]:training.ema' \
            '*--training.label_smoothing[Share of the expected probability that is spread over all tokens, in \[0, 1). 0 …]:training.label_smoothing' \
            '*--training.z_loss[Weight of a loss that keeps logits small, 0 or more (1e-4 is usual). 0 is off.]:training.z_loss' \
            "*--training.schedule[Name of the learning-rate schedule\: seq2seq list schedules.]:training.schedule:(constant linear cosine wsd)" \
            '*--training.warmup_steps[Steps in which the learning rate rises from zero; at most half of all. 0 is off.]:training.warmup_steps' \
            '*--training.max_grad_norm[Longest gradient, in the 2-norm over all weights; longer ones are scaled down. …]:training.max_grad_norm' \
            '*--training.accumulate[Parts in which a batch is worked through, at least 1, for less memory; the grad…]:training.accumulate' \
            '*--training.skip_at_most[Steps in a row that may be left out because of a loss or gradient that is not f…]:training.skip_at_most' \
            "*--training.precision[Precision of the forward pass. auto\: bfloat16 where the processor has it, float…]:training.precision:(auto float32 bfloat16)" \
            '--training.compile[Compile the training step with torch.compile\: a minute at the start, and faster…]' \
            '--training.group_by_length[Put examples of about one length into a batch, so that little of it is padding.]' \
            "*--training.curriculum[Difficulty of the task's examples. uniform\: as the task draws them; fixed\: alwa…]:training.curriculum:(uniform fixed steps success)" \
            '*--training.curriculum_start[Most difficult examples that a growing curriculum begins with, or all that fixe…]:training.curriculum_start' \
            '*--training.curriculum_share[Share of the training, in \[0, 1\], after which steps draws from the whole range.]:training.curriculum_share' \
            '*--training.curriculum_threshold[Exact match, above 0 and at most 1, at which success makes examples harder.]:training.curriculum_threshold' \
            '*--training.curriculum_growth[Factor, above 1, by which success does so, up to the whole range; it rises by 1…]:training.curriculum_growth' \
            '*--training.positions_rate[Factor of the learning rate for what positional encodings learn. 0\: what suits …]:training.positions_rate' \
            '*--training.checkpoint_every[Steps between checkpoints. 0\: one after each epoch.]:training.checkpoint_every' \
            '*--training.repeat[Examples of a small set that is seen again and again, beside fresh ones. 0 is o…]:training.repeat' \
            '*--training.repeat_share[Share of the small set in each batch, in (0, 1\].]:training.repeat_share' \
            '*--training.overfit[Train on so many examples alone and judge by the same\: what cannot learn these …]:training.overfit' \
            '--training.dry_run[Only try whether it works\: two steps, evaluated, saved and gone on from, in a f…]' \
            "*--training.metric[Figure after each epoch by which one checkpoint is the best, and by which the n…]:training.metric:(exact_match validation_loss train_loss)" \
            '*--training.patience[Epochs without a better figure after which training stops, and the best checkpo…]:training.patience' \
            '*--training.target[Training stops after an epoch in which the figure is at least this good, 0 or m…]:training.target' \
            '*--training.time_limit[Seconds of training, 0 or more, after which it stops, finished. 0 is off.]:training.time_limit' \
            '--training.tensorboard[Write the records of metrics.jsonl for TensorBoard as well, into the folder ten…]' \
            '*--training.keep_last[Newest checkpoints that are kept, at least 2, beside the best one.]:training.keep_last' \
            '*--training.keep_every[Checkpoints at multiples of so many steps are kept as well. 0\: none.]:training.keep_every' \
            '*--evaluation.examples[Held-out examples to answer. 0\: 1,000, and all of a test file.]:evaluation.examples' \
            '*--evaluation.lengths[Difficulties (lengths, digits) to be judged one by one, such as 10,20,40; each …]:evaluation.lengths' \
            '*--evaluation.answers[Most distinct true answers shown with what the model says to them, where an ans…]:evaluation.answers' \
            '*--evaluation.bins[Bins of the reliability table shown, of equally many answers each. 0\: no table;…]:evaluation.bins' \
            '*--evaluation.confidence[Probability of an answer, in \[0, 1\], at and above which coverage and exact matc…]:evaluation.confidence' \
            '*--evaluation.exact_match[Exact match, in \[0, 1\], for which it is told how many of the most probable answ…]:evaluation.exact_match' \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(beam best_of greedy sampling)" \
            '*--decoding.width[Beginnings of an answer that are kept, from 1 to 10000. 1, without penalty\: gre…]:decoding.width' \
            '*--decoding.length_penalty[α of Wu et al. (2016, arXiv 1609.08144, equation 14)\: ln p is divided by ((5 + …]:decoding.length_penalty' \
            '--decoding.early_stopping[Stop when as many answers as the width are found; otherwise, when no other can …]' \
            '*--decoding.n_best[Answers that are given, best first, from 1 to the width.]:decoding.n_best' \
            '*--decoding.temperature[What logits are divided by, 0 or more\: below 1 likely tokens become likelier. 0…]:decoding.temperature' \
            '*--decoding.top_k[Draw among so many likeliest tokens. 0\: among all.]:decoding.top_k' \
            '*--decoding.top_p[Draw among the fewest likeliest tokens that have this probability together (arX…]:decoding.top_p' \
            '*--decoding.min_p[Draw among tokens of at least this share of the likeliest one'\''s probability (ar…]:decoding.min_p' \
            '*--decoding.seed[Another seed draws other answers.]:decoding.seed' \
            '*--decoding.n[Draws a source, from 1 to 10000.]:decoding.n' \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            "*--decoding.grammar[Keep answers to what spells a value of their type and ends in time. auto\: in pr…]:decoding.grammar:(auto on off)" \
            '*--seed[Another seed gives other random numbers\: weights, batches, generated examples.]:seed' \
            '*--threads[Processor threads of one operation. 0\: in a training chosen by a short measurem…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '*--processes[Processes of this machine that share each batch of a training, each with its pa…]:processes' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
      esac
      ;;
  esac
}

