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
        'demo:Train the original system on one core and show what it predicts.'
        'evaluate:Let a trained model answer held-out examples, and count.'
        'generate:Write examples of a task as JSON Lines\: {\"source\"\: …, \"target\"\: …}.'
        'list:Show what can be named.'
        'predict:Let a trained model answer one input, or JSON Lines from standard input.'
        'train:Train a model on a task.'
      )
      _describe -t commands 'command' commands
      ;;
    args)
      case $words[1] in
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
            '*--threads[Processor threads of one operation. 0\: chosen by a short measurement before the…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        evaluate)
          case ${words[CURRENT]} in
            --format=*)
              compset -P '--format='
              compadd -- 'text' 'json'
              return
              ;;
            --decoding.name=*)
              compset -P '--decoding.name='
              compadd -- 'greedy'
              return
              ;;
          esac
          _arguments \
            '1:Folder of the run.:_files' \
            "*--format[text for people, json for programs (fractions, not percentages).]:format:(text json)" \
            '*--evaluation.examples[Held-out examples to answer, at least 1.]:evaluation.examples' \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(greedy)" \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            '*--threads[Processor threads of one operation. 0\: chosen by a short measurement before the…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
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
          esac
          _arguments \
            "1:Name of the task\: seq2seq list tasks.:(patterns)" \
            '*-n[How many examples.]:n' \
            '*--number[How many examples.]:number' \
            '*-o[New file to write; standard output where none is given.]:o:_files' \
            '*--output[New file to write; standard output where none is given.]:output:_files' \
            '*--task.families[Kinds to draw from\: zeros, ones, alternating, constant, periodic; each period a…]:task.families' \
            '*--task.min_length[Fewest terms in a source.]:task.min_length' \
            '*--task.max_length[Most terms in a source; lengths are uniform.]:task.max_length' \
            '*--task.horizon[Terms in a target.]:task.horizon' \
            '*--task.max_period[Longest period of the family periodic, in terms, at least 2.]:task.max_period' \
            '*--seed[Another seed gives other random numbers\: weights, batches, generated examples.]:seed' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
        list)
          _arguments \
            "1:What to list; everything where none is given.:(tasks encodings positions optimizers schedules decoding engines)" \
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
              compadd -- 'greedy'
              return
              ;;
          esac
          _arguments \
            '1:Folder of the run or of a model.:_files' \
            '2:What to answer; blanks separate numbers. Where none is given, standard input is…' \
            "*--format[text for people or json, for a single input; lines from standard input are answ…]:format:(text json)" \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(greedy)" \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            '*--threads[Processor threads of one operation. 0\: chosen by a short measurement before the…]:threads' \
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
            --encoding.name=*)
              compset -P '--encoding.name='
              compadd -- 'symbolic'
              return
              ;;
            --model.positions=*)
              compset -P '--model.positions='
              compadd -- 'sinusoidal'
              return
              ;;
            --training.optimizer=*)
              compset -P '--training.optimizer='
              compadd -- 'sgd' 'adam' 'adamw'
              return
              ;;
            --training.schedule=*)
              compset -P '--training.schedule='
              compadd -- 'constant' 'linear' 'cosine'
              return
              ;;
            --training.precision=*)
              compset -P '--training.precision='
              compadd -- 'auto' 'float32' 'bfloat16'
              return
              ;;
            --decoding.name=*)
              compset -P '--decoding.name='
              compadd -- 'greedy'
              return
              ;;
          esac
          _arguments \
            "1:Name of the task\: seq2seq list tasks. Needed unless --config or --resume names …:(patterns)" \
            '*--run[New folder for the run. Default\: runs/TASK.]:run:_files' \
            '*--config[TOML file with an experiment, such as the config.toml of another run.]:config:_files' \
            '*--resume[Run to go on with, from its newest good checkpoint.]:resume:_files' \
            '--quiet[Show warnings only.]' \
            '--no-quiet[Show warnings only.]' \
            '*--task.families[Kinds to draw from\: zeros, ones, alternating, constant, periodic; each period a…]:task.families' \
            '*--task.min_length[Fewest terms in a source.]:task.min_length' \
            '*--task.max_length[Most terms in a source; lengths are uniform.]:task.max_length' \
            '*--task.horizon[Terms in a target.]:task.horizon' \
            '*--task.max_period[Longest period of the family periodic, in terms, at least 2.]:task.max_period' \
            "*--encoding.name[Name of the number encoding\: seq2seq list encodings.]:encoding.name:(symbolic)" \
            '*--model.dim_model[Width of the vector that stands for a token; a multiple of num_heads, and even.]:model.dim_model' \
            '*--model.num_heads[Attention heads of each layer, at least 1.]:model.num_heads' \
            '*--model.num_encoder_layers[Encoder blocks, at least 1.]:model.num_encoder_layers' \
            '*--model.num_decoder_layers[Decoder blocks, at least 1.]:model.num_decoder_layers' \
            '*--model.dim_feedforward[Width of the hidden layer of each feed-forward network. 0\: four times dim_model.]:model.dim_feedforward' \
            '*--model.dropout[Probability in \[0, 1) of dropping a value in training. 0 is off.]:model.dropout' \
            '*--model.norm[Where a block normalizes\: \"pre\" (before each sublayer) or \"post\" (after each sh…]:model.norm' \
            "*--model.positions[Name of the positional encoding\: seq2seq list positions.]:model.positions:(sinusoidal)" \
            '*--model.max_len[Positions computed in advance; longer sequences extend the table by themselves …]:model.max_len' \
            '*--training.epochs[Epochs of examples_per_epoch examples each, at least 1.]:training.epochs' \
            '*--training.examples_per_epoch[Examples an epoch, at least 1.]:training.examples_per_epoch' \
            '*--training.batch_size[Examples a step, at least 1.]:training.batch_size' \
            "*--training.optimizer[Name of the optimizer\: seq2seq list optimizers.]:training.optimizer:(sgd adam adamw)" \
            '*--training.learning_rate[Highest learning rate, above 0.]:training.learning_rate' \
            '*--training.momentum[Momentum of sgd, in \[0, 1); other optimizers do not use it. 0 is off.]:training.momentum' \
            '*--training.beta2[Decay of the second moment of adam and adamw, in \[0, 1); sgd does not use it.]:training.beta2' \
            '*--training.weight_decay[Weight decay, 0 or more. 0 is off.]:training.weight_decay' \
            "*--training.schedule[Name of the learning-rate schedule\: seq2seq list schedules.]:training.schedule:(constant linear cosine)" \
            '*--training.warmup_steps[Steps in which the learning rate rises from zero; at most half of all. 0 is off.]:training.warmup_steps' \
            '*--training.max_grad_norm[Longest gradient, in the 2-norm over all weights; longer ones are scaled down. …]:training.max_grad_norm' \
            "*--training.precision[Precision of the forward pass. auto\: bfloat16 where the processor has it, float…]:training.precision:(auto float32 bfloat16)" \
            '*--training.checkpoint_every[Steps between checkpoints. 0\: one after each epoch.]:training.checkpoint_every' \
            '*--evaluation.examples[Held-out examples to answer, at least 1.]:evaluation.examples' \
            "*--decoding.name[Name of the decoding strategy\: seq2seq list decoding.]:decoding.name:(greedy)" \
            '*--decoding.max_length[Most tokens of an answer, the end token included. 0\: twice the longest answer o…]:decoding.max_length' \
            '*--seed[Another seed gives other random numbers\: weights, batches, generated examples.]:seed' \
            '*--threads[Processor threads of one operation. 0\: chosen by a short measurement before the…]:threads' \
            '*--device[Where the model runs, such as cpu, cuda or cuda\:1. auto\: a GPU where there is o…]:device' \
            '--help[Display this message and exit.]' \
            '-h[Display this message and exit.]' \
            '--version[Display application version.]'

          ;;
      esac
      ;;
  esac
}

